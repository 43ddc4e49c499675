import {
  APP_SETTING_NAMES,
  APP_SETTINGS,
  type AppPolicy,
  type AppPolicyLayer,
  type AppPolicySettings,
  type AppSettingName,
  type AppSettingStatement,
  type AppSettingValue,
} from '@relais/contracts';
import { hash } from 'node:crypto';

/** What each layer says: the organization, the person's pools, the device. */
export interface Layers {
  organization: AppPolicySettings;
  pools: readonly AppPolicySettings[];
  device: AppPolicySettings;
}

type Merged = AppPolicy['settings'][AppSettingName];

/**
 * One document from all layers. A layer below changes what one above has said, unless that is locked; pools are one layer,
 * and where they differ the strictest holds: the stricter value, locked if any locks it, editable only if all allow it.
 */
export function mergePolicy(layers: Layers): AppPolicy {
  const settings = Object.fromEntries(APP_SETTING_NAMES.map((name) => [name, mergeSetting(name, layers)]));
  return { version: versionOf(settings), settings: settings as AppPolicy['settings'] };
}

function mergeSetting(name: AppSettingName, { organization, pools, device }: Layers): Merged {
  const said = pools.flatMap((pool) => pool[name] ?? []);
  const stack: [AppPolicyLayer, AppSettingStatement | undefined][] = [
    ['organization', organization[name]],
    ['pool', said.length > 0 ? said.reduce((a, b) => stricter(name, a, b)) : undefined],
    ['device', device[name]],
  ];
  const start: Merged = {
    value: fallbackOf(name),
    locked: false,
    userEditable: true,
    renewable: true,
    from: 'default',
  };
  return stack.reduce<Merged>(
    (above, [layer, statement]) => (statement && !above.locked ? { ...statement, from: layer } : above),
    start,
  );
}

const fallbackOf = (name: AppSettingName): AppSettingValue => {
  const { fallback } = APP_SETTINGS[name];
  return typeof fallback === 'object' ? [...fallback] : fallback;
};

const stricter = (name: AppSettingName, a: AppSettingStatement, b: AppSettingStatement): AppSettingStatement => ({
  value: stricterValue(name, a.value, b.value),
  locked: a.locked || b.locked,
  userEditable: a.userEditable && b.userEditable,
  renewable: a.renewable || b.renewable,
});

function stricterValue(name: AppSettingName, a: AppSettingValue, b: AppSettingValue): AppSettingValue {
  switch (APP_SETTINGS[name].strictest) {
    case 'true':
      return a === true || b === true;
    case 'false':
      return a === true && b === true;
    case 'lower':
      return rank(name, a) <= rank(name, b) ? a : b;
    case 'higher':
      return compareVersions(String(a), String(b)) >= 0 ? a : b;
    case 'intersection':
      return (a as string[]).filter((item) => (b as string[]).includes(item));
    case 'later':
      return b;
  }
}

/** Numbers as they are; words by their place in the setting's own order, the strictest first. */
function rank(name: AppSettingName, value: AppSettingValue): number {
  if (typeof value === 'number') return value;
  const { value: schema } = APP_SETTINGS[name];
  return 'options' in schema ? (schema.options as readonly unknown[]).indexOf(value) : 0;
}

/** Version numbers by their parts; a missing part is 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let at = 0; at < Math.max(left?.length ?? 0, right?.length ?? 0); at++) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const versionOf = (settings: object): string => hash('sha256', JSON.stringify(settings), 'base64url').slice(0, 22);
