import { APP_SETTING_NAMES, type AppPolicySettings, type AppSettingStatement } from '@relais/contracts';
import { compareVersions, mergePolicy } from './merge.js';
import { violationsOf } from './violations.js';

const says = (value: AppSettingStatement['value'], more: Partial<AppSettingStatement> = {}): AppSettingStatement => ({
  value,
  ...{ locked: false, userEditable: false, renewable: true },
  ...more,
});
const merge = (layers: Partial<Parameters<typeof mergePolicy>[0]>) =>
  mergePolicy({ organization: {}, pools: [], device: {}, ...layers });
const pools = (...said: AppPolicySettings[]) => merge({ pools: said }).settings;

describe('the policy of a device', () => {
  it('has a value for every setting although nobody has said anything', () => {
    const { settings } = merge({});

    expect(Object.keys(settings)).toEqual(APP_SETTING_NAMES);
    expect(Object.values(settings).every(({ from, userEditable }) => from === 'default' && userEditable)).toBe(true);
  });

  it('takes the value of the lowest layer that speaks', () => {
    const organization = { cachedDays: says(30), screenshots: says(false) };
    const { settings } = merge({ organization, pools: [{ cachedDays: says(60) }], device: { cachedDays: says(7) } });

    expect(settings.cachedDays).toMatchObject({ value: 7, from: 'device' });
    expect(settings.screenshots).toMatchObject({ value: false, from: 'organization', userEditable: false });
  });

  it('lets no layer below change what is locked', () => {
    const organization = { cachedDays: says(30, { locked: true }) };
    const { settings } = merge({ organization, pools: [{ cachedDays: says(60) }], device: { cachedDays: says(7) } });

    expect(settings.cachedDays).toMatchObject({ value: 30, locked: true, from: 'organization' });
  });

  it('takes the strictest of several pools, whatever their order', () => {
    const loose: AppPolicySettings = {
      screenLock: says(false, { userEditable: true }),
      screenshots: says(true),
      cachedDays: says(60),
      minimumAppVersion: says('2.9'),
      allowedHosts: says(['a.example', 'b.example']),
      notificationPreview: says('text'),
    };
    const strict: AppPolicySettings = {
      screenLock: says(true, { locked: true }),
      screenshots: says(false),
      cachedDays: says(7),
      minimumAppVersion: says('2.10'),
      allowedHosts: says(['b.example', 'c.example']),
      notificationPreview: says('none'),
    };

    for (const settings of [pools(loose, strict), pools(strict, loose)]) {
      expect(settings.screenLock).toEqual({ ...says(true, { locked: true }), from: 'pool' });
      expect(settings.screenshots.value).toBe(false);
      expect(settings.cachedDays.value).toBe(7);
      expect(settings.minimumAppVersion.value).toBe('2.10');
      expect(settings.allowedHosts.value).toEqual(['b.example']);
      expect(settings.notificationPreview.value).toBe('none');
    }
  });

  it('has a version that changes with it, and only then', () => {
    const before = merge({ organization: { cachedDays: says(30) } }).version;

    expect(merge({ organization: { cachedDays: says(30) } }).version).toBe(before);
    expect(merge({ organization: { cachedDays: says(31) } }).version).not.toBe(before);
  });

  it('compares versions by their numbers, not as text', () => {
    expect(compareVersions('2.10', '2.9')).toBeGreaterThan(0);
    expect(compareVersions('2', '2.0.0')).toBe(0);
    expect(compareVersions('2.9.9', '3')).toBeLessThan(0);
    expect(compareVersions('rubbish', '0')).toBe(0);
  });

  it('names what a device is and may not be', () => {
    const policy = merge({
      organization: { minimumAppVersion: says('3.1'), minimumIosVersion: says('18'), webClient: says(false) },
    });
    const app = { version: '3.0', platform: 'ios' as const, osVersion: '17.5', isRooted: true };

    expect(violationsOf(policy, app).map(({ setting }) => setting)).toEqual([
      'minimumAppVersion',
      'minimumIosVersion',
      'rootedDevices',
    ]);
    expect(violationsOf(policy, { version: '3.1', platform: 'ios', osVersion: '18', isRooted: false })).toEqual([]);
    expect(violationsOf(policy, { ...app, version: '4', platform: 'web', isRooted: false })).toMatchObject([
      { setting: 'webClient' },
    ]);
  });
});
