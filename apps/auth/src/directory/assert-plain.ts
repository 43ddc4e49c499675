import { type DirectorySettings, directorySettings } from '@relais/contracts';
import { forbidden } from '../permissions/actor.postgres.js';

/** Between two runs of a bot's directory, at least. */
const MIN_MINUTES = 60;
const BRAKE = directorySettings.shape.brake.parse(undefined);

/**
 * What a directory may be by a bot's word. It gives no pools and roles: people say who becomes what. It is asked for no passwords: a
 * wrong one is asked about there of whoever signs in, so that whoever names the server would read what people mistype. And the brake
 * holds as it is: neither let go, nor worn down by many runs.
 *
 * @throws AppError `forbidden`
 */
export function assertPlain({ groups, passwordLogin, brake, everyMinutes = MIN_MINUTES }: DirectorySettings): void {
  if (groups || passwordLogin) throw forbidden('a bot lets a directory neither give, nor hear passwords');
  if (brake.percent > BRAKE.percent || brake.people > BRAKE.people) throw forbidden('a bot loosens no brake');
  if (everyMinutes < MIN_MINUTES) throw forbidden(`a bot has a directory read every ${MIN_MINUTES} minutes at most`);
}
