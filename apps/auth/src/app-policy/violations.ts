import { type AppPolicy, type AppSettingName, type reportAppPolicy } from '@relais/contracts';
import type { z } from 'zod';
import { compareVersions } from './merge.js';

type App = z.output<typeof reportAppPolicy.input>['app'];
export interface Violation {
  setting: AppSettingName;
  says: string;
}

/** What a device says of itself that its policy does not allow. */
export function violationsOf({ settings }: AppPolicy, app: App): Violation[] {
  const tooOld = (setting: AppSettingName, version: string, what: string): Violation[] => {
    const minimum = String(settings[setting].value);
    return compareVersions(version, minimum) < 0 ? [{ setting, says: `${what} ${minimum} or newer is needed` }] : [];
  };
  return [
    ...tooOld('minimumAppVersion', app.version, 'the app in version'),
    ...(app.platform === 'ios' ? tooOld('minimumIosVersion', app.osVersion, 'iOS') : []),
    ...(app.platform === 'android' ? tooOld('minimumAndroidVersion', app.osVersion, 'Android') : []),
    ...(app.platform === 'web' && settings.webClient.value === false
      ? [{ setting: 'webClient' as const, says: 'the web client may not be used' }]
      : []),
    ...(app.isRooted && settings.rootedDevices.value === false
      ? [{ setting: 'rootedDevices' as const, says: 'rooted devices may not be used' }]
      : []),
  ];
}
