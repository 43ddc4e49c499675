import { APP_SETTINGS, type AppPolicy, type AppSettingName, type AppSettingValue } from '@relais/contracts';

export interface AppConfigFile {
  fileName: string;
  mediaType: string;
  content: string;
}

/** Where an app finds its server, and what lets its device in: per device, see `createEnrolment`. */
const ENROLMENT_KEYS: Readonly<Record<string, string>> = {
  serverUrl: 'Address of the gateway',
  organizationId: 'Organization the app belongs to',
  enrolmentToken: 'Lets this device in, once',
};

type Entry = [string, AppSettingValue];
const entriesOf = ({ settings }: AppPolicy, keys: Readonly<Record<string, string>> = {}): Entry[] => [
  ...Object.entries(keys),
  ...Object.entries(settings).map(([name, { value }]): Entry => [name, value]),
];
/** For descriptions: which keys there are, those that each device has its own value of without one. */
const NO_VALUES = Object.fromEntries(Object.keys(ENROLMENT_KEYS).map((key) => [key, '']));

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';
const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const says = (name: string): string => escape(ENROLMENT_KEYS[name] ?? APP_SETTINGS[name as AppSettingName].says);

/** The value of `com.apple.configuration.managed`, as a property list. */
export async function iosPlist(policy: AppPolicy, keys?: Record<string, string>): Promise<AppConfigFile> {
  const { build } = await import('plist');
  const content = build(Object.fromEntries(entriesOf(policy, keys)));
  return { fileName: 'relais.plist', mediaType: 'application/x-plist', content };
}

/** The AppConfig Community's description of the keys for an iOS app, with this policy's values as defaults. */
export function iosSpecification(policy: AppPolicy, appId: string): AppConfigFile {
  const entries = entriesOf(policy, NO_VALUES);
  const keys = entries.map(([name, value]) => `    ${specificationOf(name, value)}`);
  const shown = entries.map(
    ([name, value]) =>
      `    <field keyName="${name}" type="${fieldOf(value)}"><label><language value="en">${name}</language></label>` +
      `<description><language value="en">${says(name)}</language></description></field>`,
  );
  const content =
    `${XML}<managedAppConfiguration>\n  <version>1</version>\n  <bundleId>${escape(appId)}</bundleId>\n  <dict>\n` +
    `${keys.join('\n')}\n  </dict>\n  <presentation defaultLocale="en">\n${shown.join('\n')}\n  </presentation>\n</managedAppConfiguration>\n`;
  return { fileName: 'relais-appconfig.xml', mediaType: 'application/xml', content };
}

const fieldOf = (value: AppSettingValue): string =>
  typeof value === 'boolean' ? 'checkbox' : Array.isArray(value) ? 'list' : 'input';

function specificationOf(name: string, value: AppSettingValue): string {
  const element =
    typeof value === 'boolean'
      ? 'boolean'
      : typeof value === 'number'
        ? 'integer'
        : Array.isArray(value)
          ? 'stringArray'
          : 'string';
  const values = (Array.isArray(value) ? value : [value])
    .filter((one) => one !== '')
    .map((one) => `<value>${escape(String(one))}</value>`);
  // A default is at least one value: an empty list, or what each device has its own value of, has none.
  if (values.length === 0) return `<${element} keyName="${name}"/>`;
  return `<${element} keyName="${name}"><defaultValue>${values.join('')}</defaultValue></${element}>`;
}

/** The managed configuration of the Android Enterprise (EMM) API. */
export function androidBundle(policy: AppPolicy, appId: string, keys?: Record<string, string>): AppConfigFile {
  const managedProperty = entriesOf(policy, keys).map(([key, value]) => ({ key, ...propertyOf(value) }));
  const bundle = { kind: 'androidenterprise#managedConfiguration', productId: `app:${appId}`, managedProperty };
  return {
    fileName: 'relais-managed-configuration.json',
    mediaType: 'application/json',
    content: JSON.stringify(bundle, null, 2),
  };
}

function propertyOf(value: AppSettingValue): object {
  if (typeof value === 'boolean') return { valueBool: value };
  if (typeof value === 'number') return { valueInteger: value };
  return Array.isArray(value) ? { valueStringArray: value } : { valueString: value };
}

/** The restrictions schema that an Android app declares (`app_restrictions.xml`), with this policy's values as defaults. */
export function androidRestrictions(policy: AppPolicy): AppConfigFile {
  const restrictions = entriesOf(policy, NO_VALUES).map(
    ([name, value]) =>
      `  <restriction android:key="${name}" android:title="${name}" android:description="${says(name)}"` +
      ` android:restrictionType="${restrictionType(value)}" android:defaultValue="${escape(String(value))}" />`,
  );
  const content =
    `${XML}<restrictions xmlns:android="http://schemas.android.com/apk/res/android">\n${restrictions.join('\n')}\n` +
    `</restrictions>\n`;
  return { fileName: 'app_restrictions.xml', mediaType: 'application/xml', content };
}

function restrictionType(value: AppSettingValue): string {
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' ? 'integer' : 'string';
}
