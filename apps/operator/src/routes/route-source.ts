import { type AlarmSourceSettings, alarmSourceSettings, LIMITS } from '@relais/contracts';
import type { OwnSecret } from '../kubernetes/own-secret.js';
import { ownIdOf } from '../relais/own-id.js';
import type { AlertRoute } from './alert-route.js';

const SECRET_TYPE = 'relais.io/alert-route';
const DAY_SECONDS = 86_400;

/** The same for the same object, however often it is made; another for one that takes its name. */
export const sourceIdOf = ({ metadata }: AlertRoute): string => ownIdOf('alert-route', metadata.uid!);

/** What the source of a route is, with everything that the API would add to it. */
export function settingsOf({ metadata, spec }: AlertRoute): AlarmSourceSettings {
  const { policyId, severity, severities, isPaused = false } = spec;
  return alarmSourceSettings.parse({
    kind: 'alertmanager',
    name: `${metadata.namespace}/${metadata.name}`.slice(0, LIMITS.titleBytes),
    isPaused,
    raises: { policyId, ...(severity && { severity }) },
    ...(severities && { severities }),
  });
}

export const secretNameOf = ({ metadata, spec }: AlertRoute): string => spec.secretName ?? `${metadata.name}-relais`;
export const revisionOf = ({ spec }: AlertRoute): number => spec.secretRevision ?? 0;
export const overlapOf = ({ spec }: AlertRoute): number => spec.overlapSeconds ?? DAY_SECONDS;

/** What Alertmanager reads. */
export const secretOf = (route: AlertRoute, data: { url: string; token: string }): OwnSecret => ({
  ...{ name: secretNameOf(route), type: SECRET_TYPE, data },
});
