import { z } from 'zod';

/** Which of two values is the stricter one, where a person is in several pools that say different things. */
type Strictest = 'true' | 'false' | 'lower' | 'higher' | 'intersection' | 'later';

interface AppSetting<Value extends z.ZodType = z.ZodType> {
  readonly value: Value;
  readonly fallback: z.output<Value>;
  readonly strictest: Strictest;
  readonly says: string;
}

const setting = <Value extends z.ZodType>(
  value: Value,
  fallback: z.output<Value>,
  strictest: Strictest,
  says: string,
): AppSetting<Value> => ({ value, fallback, strictest, says });

const allowed = (says: string, fallback = true) => setting(z.boolean(), fallback, 'false', says);
const required = (says: string, fallback = false) => setting(z.boolean(), fallback, 'true', says);
const atMost = (max: number, fallback: number, says: string) =>
  setting(z.int().min(0).max(max), fallback, 'lower', says);

const version = z.string().regex(/^\d{1,5}(?:\.\d{1,5}){0,3}$/, 'expected numbers divided by dots');
const minimumVersion = (says: string) => setting(version, '0', 'higher', says);
/** A host name, or `*.` and the end of one. */
const host = z
  .string()
  .max(253)
  .regex(/^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'expected a host name or *.suffix');

const YEAR_DAYS = 3_650;
const YEAR_MINUTES = 525_600;

/**
 * What an organization can say about its apps. Clients keep to it; the server can prove only what they report. The list
 * takes in the managed-configuration parameters of Threema Work and Mattermost that make sense for a messenger with alarms.
 */
export const APP_SETTINGS = {
  screenLock: required('The app asks for a code or biometrics'),
  screenLockDelaySeconds: atMost(3_600, 60, 'How long the app may be in the background before it locks, s'),
  biometrics: allowed('Biometrics may stand for the code of the screen lock'),
  copyAndPaste: allowed('Text may be copied out of the app'),
  screenshots: allowed('The system may take pictures of the screen'),
  blurInAppSwitcher: required('The app switcher shows a blurred picture', true),
  shareOut: allowed('Media and files may be handed to other apps'),
  saveToGallery: allowed('Photos and videos may be saved to the gallery'),
  autoSaveToGallery: allowed('They are saved there without asking', false),
  exportConversations: allowed('People may export their conversations', false),
  systemBackup: allowed('The app may be part of backups of the device', false),
  attachFromFiles: allowed('Files of the device may be sent'),
  camera: allowed('Photos may be taken and sent'),
  voiceMessages: allowed('Voice messages may be recorded'),
  shareLocation: allowed('People may share where they are'),
  linkPreviews: allowed('Previews of links may be fetched', false),
  thirdPartyKeyboards: allowed('Keyboards of others may be used'),
  notificationPreview: setting(z.enum(['none', 'sender', 'text']), 'sender', 'lower', 'What notifications show'),
  cachedDays: atMost(YEAR_DAYS, 90, 'Days of messages kept on the device'),
  offlineLockMinutes: atMost(YEAR_MINUTES, YEAR_MINUTES, 'Minutes without the server after which the app locks'),
  offlinePurgeMinutes: atMost(YEAR_MINUTES, YEAR_MINUTES, 'Minutes without the server after which its data goes'),
  allowedHosts: setting(
    z.array(host).max(50),
    [],
    'intersection',
    'Servers the app may talk to; none means its own only',
  ),
  otherServers: allowed('The app may be connected to another server', false),
  webClient: allowed('The web client may be used'),
  severalDevices: allowed('A person may use more than one device'),
  createGroups: allowed('People may make groups'),
  addContacts: allowed('People may add contacts by themselves'),
  editProfile: allowed('People may change their name and picture'),
  vpn: required('The app talks only through a VPN'),
  minimumAppVersion: minimumVersion('The oldest app that may be used'),
  minimumIosVersion: minimumVersion('The oldest iOS'),
  minimumAndroidVersion: minimumVersion('The oldest Android'),
  rootedDevices: allowed('Rooted and jailbroken devices may be used', false),
  alarmSound: setting(z.enum(['always', 'unless_muted']), 'always', 'later', 'Whether alarms sound on a muted device'),
} as const satisfies Record<string, AppSetting>;

export type AppSettingName = keyof typeof APP_SETTINGS;
export const APP_SETTING_NAMES = Object.keys(APP_SETTINGS) as AppSettingName[];

/** Any value a setting can have; each is checked against its own setting. */
export const appSettingValue = z.union([
  z.boolean(),
  z.int(),
  z.string().max(253),
  z.array(z.string().max(253)).max(50),
]);
export type AppSettingValue = z.infer<typeof appSettingValue>;

const statement = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({
    value,
    /** Layers below cannot change it. */
    locked: z.boolean().default(false),
    /** People may change it on their device. */
    userEditable: z.boolean().default(false),
    /** Later changes reach devices that have taken it over already; otherwise it is only a first value. */
    renewable: z.boolean().default(true),
  });

/** What one layer says: only the settings it has something to say about. */
export const appPolicySettings = z.strictObject(
  Object.fromEntries(
    Object.entries(APP_SETTINGS).map(([name, { value }]) => [name, statement(value as z.ZodType).optional()]),
  ),
);

export interface AppSettingStatement {
  value: AppSettingValue;
  locked: boolean;
  userEditable: boolean;
  renewable: boolean;
}
export type AppPolicySettings = Partial<Record<AppSettingName, AppSettingStatement>>;
