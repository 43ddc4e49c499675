import {
  addPoolUser,
  createPool,
  exportAppPolicy,
  listAppPolicyReports,
  readAppPolicyLayer,
  readEffectiveAppPolicy,
  readMyAppPolicy,
  reportAppPolicy,
  setAppPolicyLayer,
} from '@relais/contracts';
import { newId, type PoolId } from '@relais/kernel';
import type { z } from 'zod';
import { factsOf } from './facts.js';
import { aMember, anOrganization, codeOf, type Member, startWorld, type World } from './world.js';

type Settings = z.input<typeof setAppPolicyLayer.input>['settings'];

describe('the policy of apps', () => {
  let world: World;
  let owner: Member;
  let member: Member;

  beforeAll(async () => {
    world = await startWorld();
    owner = await anOrganization(world);
    member = await aMember(world, owner);
  });
  afterAll(() => world.close());

  const as = ({ tokens }: Member) => ({ token: tokens.accessToken });
  const organizationLayer = () => ({ layer: 'organization' as const, subjectId: owner.tokens.organizationId });
  const set = (layer: 'organization' | 'pool' | 'device', subjectId: string, settings: Settings) =>
    world.bus.request(setAppPolicyLayer, { layer, subjectId, settings }, as(owner));
  const mine = () => world.bus.request(readMyAppPolicy, {}, as(member));
  const app = { version: '3.0', platform: 'android' as const, osVersion: '15', isRooted: false };

  it('reaches a device from its organization, its pools and itself', async () => {
    const pool = newId<PoolId>();
    await world.bus.request(createPool, { id: pool, name: 'Night shift' }, as(owner));
    await world.bus.request(addPoolUser, { poolId: pool, userId: member.tokens.userId }, as(owner));
    const before = await mine();

    await set('organization', owner.tokens.organizationId, {
      screenLock: { value: true, locked: true },
      cachedDays: { value: 30 },
    });
    await set('pool', pool, { cachedDays: { value: 14 }, screenLock: { value: false } });
    await set('device', member.tokens.deviceId, { screenshots: { value: false } });

    const { version, settings } = await mine();
    expect(version).not.toBe(before.version);
    expect(settings.screenLock).toMatchObject({ value: true, locked: true, from: 'organization' });
    expect(settings.cachedDays).toMatchObject({ value: 14, from: 'pool' });
    expect(settings.screenshots).toMatchObject({ value: false, from: 'device' });
    const effective = { userId: member.tokens.userId, deviceId: member.tokens.deviceId };
    expect(await world.bus.request(readEffectiveAppPolicy, effective, as(owner))).toEqual({ version, settings });
    expect(await world.bus.request(readAppPolicyLayer, organizationLayer(), as(owner))).toMatchObject({
      settings: { cachedDays: { value: 30, locked: false, userEditable: false, renewable: true } },
    });
  });

  it('leaves a fact with what was and what is, of the settings that changed only', async () => {
    await set('organization', owner.tokens.organizationId, { cachedDays: { value: 5 }, vpn: { value: true } });
    await set('organization', owner.tokens.organizationId, { cachedDays: { value: 6 }, vpn: { value: true } });

    const last = (await factsOf(world, 'app-policy.changed')).at(-1);
    expect(last).toMatchObject({ object: { kind: 'organization', id: owner.tokens.organizationId } });
    expect(Object.keys(last?.after ?? {})).toEqual(['cachedDays']);
    expect(
      [last?.before?.['cachedDays'], last?.after?.['cachedDays']].map((said) => JSON.parse(String(said)).value),
    ).toEqual([5, 6]);
  });

  it('is said by administrators only, about what is theirs, in values that a setting can have', async () => {
    const { bus } = world;
    const stranger = await anOrganization(world);
    const say = (settings: unknown, by: Member, key: object = organizationLayer()) =>
      codeOf(
        bus.request(setAppPolicyLayer, { ...organizationLayer(), ...key, settings: settings as Settings }, as(by)),
      );

    expect(await say({}, member)).toBe('forbidden');
    expect(await say({}, stranger)).toBe('policy_subject_not_found');
    expect(await say({}, owner, { layer: 'pool', subjectId: newId() })).toBe('policy_subject_not_found');
    expect(await say({ cachedDays: { value: -1 } }, owner)).toBe('invalid_request');
    expect(await say({ cachedDays: { value: '30' } }, owner)).toBe('invalid_request');
    expect(await say({ allowedHosts: { value: ['https://a.example'] } }, owner)).toBe('invalid_request');
    expect(await say({ minimumAppVersion: { value: '1.x' } }, owner)).toBe('invalid_request');
    expect(await say({ unheardOf: { value: true } }, owner)).toBe('invalid_request');
    expect(await codeOf(bus.request(readEffectiveAppPolicy, { userId: owner.tokens.userId }, as(stranger)))).toBe(
      'policy_subject_not_found',
    );
    expect(await codeOf(bus.request(listAppPolicyReports, {}, as(member)))).toBe('forbidden');
  });

  it('is answered by what the device made of it, and administrators see who has the current one', async () => {
    await set('organization', owner.tokens.organizationId, { minimumAppVersion: { value: '3.1' } });
    const { version } = await mine();
    const report = (more: object, at = version) =>
      world.bus.request(reportAppPolicy, { version: at, app: { ...app, ...more } }, as(member));
    const listed = async () => (await world.bus.request(listAppPolicyReports, {}, as(owner))).items;

    expect(await report({})).toMatchObject({ isCompliant: false, violations: [{ setting: 'minimumAppVersion' }] });
    expect(await listed()).toMatchObject([{ deviceId: member.tokens.deviceId, isCurrent: true, isCompliant: false }]);
    expect(await report({ version: '3.1' })).toEqual({ isCompliant: true, violations: [] });
    await report({ version: '3.1' }, 'an old one');
    expect(await listed()).toMatchObject([{ isCurrent: false, isCompliant: true, appVersion: '3.1' }]);
    expect((await factsOf(world, 'app-policy.violated')).length).toBe(1);
    expect((await factsOf(world, 'app-policy.met')).length).toBe(1);
  });

  it('goes to device management in the form each system takes', async () => {
    const subject = owner.tokens.organizationId;
    await set('organization', subject, { allowedHosts: { value: ['*.example.org'] }, cachedDays: { value: 12 } });
    const file = async (format: 'ios_plist' | 'ios_specification' | 'android_bundle' | 'android_restrictions') =>
      (await world.bus.request(exportAppPolicy, { format, appId: 'org.example.relais' }, as(owner))).content;

    const { parse } = await import('plist');
    expect(parse(await file('ios_plist'))).toMatchObject({ cachedDays: 12, allowedHosts: ['*.example.org'] });
    const bundle: { productId: string; managedProperty: object[] } = JSON.parse(await file('android_bundle'));
    expect(bundle.productId).toBe('app:org.example.relais');
    expect(bundle.managedProperty).toContainEqual({ key: 'cachedDays', valueInteger: 12 });
    expect(bundle.managedProperty).toContainEqual({ key: 'allowedHosts', valueStringArray: ['*.example.org'] });
    expect(await file('ios_specification')).toContain(
      '<integer keyName="cachedDays"><defaultValue><value>12</value></defaultValue></integer>',
    );
    expect(await file('ios_specification')).toMatch(
      /<field keyName="screenLock" type="checkbox">.*<field keyName="allowedHosts" type="list">/s,
    );
    expect(await file('android_restrictions')).toContain('android:key="cachedDays"');
  });
});
