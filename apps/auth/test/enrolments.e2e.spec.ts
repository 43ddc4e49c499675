import { hash } from 'node:crypto';
import {
  createEnrolment,
  enrolDevice,
  exportAppPolicy,
  listEnrolments,
  listOrganizationDevices,
  openSession,
  putPostureSource,
  readMe,
  revokeEnrolment,
  updateUser,
} from '@relais/contracts';
import { newId } from '@relais/kernel';
import { signDeviceStatement } from '@relais/security';
import { decodeJwt } from 'jose';
import { parse as parsePlist } from 'plist';
import type { z } from 'zod';
import { Refusals } from '../src/facts/refusals.js';
import { LoginThrottle } from '../src/passwords/login-throttle.postgres.js';
import { addTotp, as, codeNow, demand, finish, stepUp, unfinished } from './factors.js';
import { factsOf } from './facts.js';
import { aDevice, aPerson, type TestDevice } from './person.js';
import { post, signed } from './posture.js';
import { aMember, anOrganization, codeOf, finalCodeOf, type Member, startWorld, type World } from './world.js';

type Asked = z.input<typeof createEnrolment.input>;
type Redeemed = z.input<typeof enrolDevice.input>;

describe('enrolment tokens', () => {
  let world: World;
  let owner: Member;
  let member: Member;

  beforeAll(async () => {
    world = await startWorld({ organizations: 20 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    owner = await anOrganization(world);
    member = await aMember(world, owner);
  });

  const serverUrl = 'https://relais.example';
  const forMember = (): Asked['for'] => ({ kind: 'person', userId: member.tokens.userId });
  const newcomer: Asked['for'] = { kind: 'newcomer' };
  const make = (whom: Asked['for'], more: Partial<Asked> = {}, by = owner) =>
    world.bus.request(createEnrolment, { for: whom, serverUrl, ...more }, as(by));

  const redeem = async (
    token: string,
    on: TestDevice,
    more: Partial<Redeemed> = {},
    signer = on,
    signedToken = token,
  ) => {
    const enrolment = hash('sha256', signedToken, 'base64url');
    const proof = await signDeviceStatement(
      signer.privateKey,
      'relais-enrol+jwt',
      { dev: on.device.id, enrolment },
      world.clock.now(),
    );
    return world.bus.request(enrolDevice, { enrolmentToken: token, device: on.device, proof, ...more });
  };
  const login = ({ handle, person }: Member, on: TestDevice) =>
    world.bus.request(openSession, {
      ...{ organization: handle, email: person.email, password: person.password, device: on.device },
    });

  it('stand for the approval of a device, and not for what its person has to show (A-25)', async () => {
    await demand(world, owner, { deviceApproval: 'administrator' });
    const on = aDevice('New phone');
    const { enrolmentToken } = await make(forMember());
    expect(await codeOf(login(member, aDevice()))).toBe('device_pending');

    const answer = await redeem(enrolmentToken, on);

    expect(answer).toEqual({
      ...{ organizationId: owner.tokens.organizationId, organization: owner.handle, deviceId: on.device.id },
    });
    expect(await codeOf(login({ ...member, person: { ...member.person, password: 'wrong' } }, on))).toBe(
      'login_failed',
    );
    expect(await codeOf(login(member, on))).toBe('ok');
  });

  it('ask for the second factor of their person all the same (A-25)', async () => {
    const secret = await addTotp(world, owner);
    world.clock.advance(30_000);
    const strong = await stepUp(world, owner, { kind: 'totp', code: await codeNow(world, secret) });
    await demand(world, strong, { required: 'second_factor', deviceApproval: 'administrator' });
    const on = aDevice();
    const { enrolmentToken } = await make({ kind: 'person', userId: owner.tokens.userId }, {}, strong);
    await redeem(enrolmentToken, on);

    const { loginToken } = await unfinished(login(owner, on));
    world.clock.advance(30_000);
    const tokens = await finish(world, loginToken, { kind: 'totp', code: await codeNow(world, secret) });
    expect(tokens.deviceId).toBe(on.device.id);
  });

  it('let in a device that waits for approval already', async () => {
    await demand(world, owner, { deviceApproval: 'administrator' });
    const on = aDevice();
    expect(await codeOf(login(member, on))).toBe('device_pending');

    await redeem((await make(forMember())).enrolmentToken, on);

    expect(await codeOf(login(member, on))).toBe('ok');
    expect((await factsOf(world, 'device.state-changed')).at(-1)).toMatchObject({
      ...{ before: { state: 'pending' }, after: { state: 'active', reason: 'enrolment' } },
    });
  });

  it('let their person in on a new device although strangers have guessed without end (A-20)', async () => {
    const throttle = world.app.get(LoginThrottle);
    const attempt = { organization: member.handle, email: member.person.email, isKnownDevice: false };
    for (let index = 0; index < 100; index++) await throttle.count({ ...attempt, deviceId: `made-up-${index}` });
    const on = aDevice();
    expect(await codeOf(login(member, on))).toBe('login_throttled');

    await redeem((await make(forMember())).enrolmentToken, on);

    expect(await codeOf(login(member, on))).toBe('ok');
    expect(await codeOf(login(member, aDevice()))).toBe('ok');
  });

  it('make somebody new of whoever has one, as an invitation does', async () => {
    const { enrolmentToken } = await make(newcomer);
    const [on, person] = [aDevice(), aPerson()];

    expect(await codeOf(redeem(enrolmentToken, on))).toBe('person_required');
    const { tokens, organization } = await redeem(enrolmentToken, on, { person });

    expect(organization).toBe(owner.handle);
    expect(await codeOf(world.bus.request(readMe, {}, { token: String(tokens?.accessToken) }))).toBe('ok');
    expect(await codeOf(redeem(enrolmentToken, aDevice(), { person: aPerson() }))).toBe('enrolment_refused');
    expect((await factsOf(world, 'enrolment.redeemed')).at(-1)).toMatchObject({
      ...{ actor: { kind: 'device', id: on.device.id }, onBehalfOf: { id: owner.tokens.userId } },
    });
  });

  it.each(['person', 'newcomer'] as const)('are used once of fifty times at once, for a %s (A-07)', async (kind) => {
    await demand(world, owner, { devicesPerPerson: 100 });
    const { enrolmentToken, id } = await make(kind === 'person' ? forMember() : newcomer);
    const once = () =>
      finalCodeOf(() => redeem(enrolmentToken, aDevice(), kind === 'person' ? {} : { person: aPerson() }));

    const codes = await Promise.all(Array.from({ length: 50 }, once));

    expect(codes.toSorted()).toEqual([...Array.from({ length: 49 }, () => 'enrolment_refused'), 'ok']);
    const { items } = await world.bus.request(listEnrolments, {}, as(owner));
    expect(items.find((one) => one.id === id)?.usedAt).toBeDefined();
    const devices = await world.bus.request(listOrganizationDevices, { limit: 200 }, as(owner));
    expect(devices.items).toHaveLength(3);
  });

  it('are refused alike when forged, used, expired, withdrawn or without the proof of the key (A-27)', async () => {
    const { enrolmentToken } = await make(forMember());
    const on = aDevice();
    const [head, body, signature] = enrolmentToken.split('.') as [string, string, string];
    const claims = { ...decodeJwt(enrolmentToken), srv: 'https://evil.example' };
    const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    const refused = async (attempt: Promise<unknown>) => expect(await codeOf(attempt)).toBe('enrolment_refused');

    await refused(redeem(forged, on));
    await refused(redeem(`${head}.${body}.`, on));
    await refused(redeem('x', on));
    await refused(redeem(enrolmentToken, on, {}, aDevice()));
    await refused(redeem(enrolmentToken, on, {}, on, 'another token'));
    const withdrawn = await make(newcomer);
    await world.bus.request(revokeEnrolment, { enrolmentId: withdrawn.id }, as(owner));
    await refused(redeem(withdrawn.enrolmentToken, on, { person: aPerson() }));
    expect(await codeOf(world.bus.request(revokeEnrolment, { enrolmentId: withdrawn.id }, as(owner)))).toBe(
      'enrolment_not_found',
    );
    const short = await make(forMember(), { validSeconds: 60 });
    world.clock.advance(61_000);
    await refused(redeem(short.enrolmentToken, on));
    expect(await codeOf(redeem(enrolmentToken, on))).toBe('ok');
    await refused(redeem(enrolmentToken, aDevice()));
  });

  it('let in no device beyond the limits of the policy, nor one that was put out', async () => {
    await demand(world, owner, { devicesPerPerson: 1 });
    expect(await codeOf(redeem((await make(forMember())).enrolmentToken, aDevice()))).toBe('too_many_devices');
    await demand(world, owner, { platforms: ['android'] });
    const desktop = aDevice();
    desktop.device.platform = 'desktop';
    expect(await codeOf(redeem((await make(forMember())).enrolmentToken, desktop))).toBe('platform_not_allowed');
    await demand(world, owner, {});
    const { enrolmentToken } = await make({ kind: 'person', userId: owner.tokens.userId });
    expect(await codeOf(redeem(enrolmentToken, member.on))).toBe('device_id_reused');
    await world.app.get(Refusals).settled();
    expect((await factsOf(world, 'enrolment.redeemed')).at(-1)).toMatchObject({ outcome: 'refused' });
  });

  it('are worth nothing when their maker or their person is put out', async () => {
    const admin = await aMember(world, owner, 'admin');
    const byAdmin = await make(forMember(), {}, admin);
    const byOwner = await make(forMember());
    await world.bus.request(updateUser, { userId: admin.tokens.userId, role: 'member' }, as(owner));

    expect(await codeOf(redeem(byAdmin.enrolmentToken, aDevice()))).toBe('enrolment_refused');
    await world.bus.request(updateUser, { userId: member.tokens.userId, state: 'disabled' }, as(owner));
    expect(await codeOf(redeem(byOwner.enrolmentToken, aDevice()))).toBe('enrolment_refused');
  });

  it('are made by administrators, for no more than they have, and for 30 days where they are managed', async () => {
    const admin = await aMember(world, owner, 'admin');
    expect(await codeOf(make(forMember(), {}, member))).toBe('forbidden');
    expect(await codeOf(make({ kind: 'newcomer', role: 'owner' }, {}, admin))).toBe('forbidden');
    expect(await codeOf(make({ kind: 'person', userId: owner.tokens.userId }, {}, admin))).toBe('ok');
    expect(await codeOf(make(forMember(), { validSeconds: 86_401 }))).toBe('invalid_request');
    expect(await codeOf(make(forMember(), { serverUrl: 'http://relais.example' }))).toBe('invalid_request');
    const managed = { format: 'ios_plist', appId: 'org.example.app' } as const;
    const { expiresAt, enrolmentToken } = await make(forMember(), { validSeconds: 30 * 86_400, managed });
    expect(Date.parse(expiresAt) - world.clock.now().getTime()).toBe(30 * 86_400_000);
    await world.passDays(20);
    expect(await codeOf(redeem(enrolmentToken, aDevice()))).toBe('ok');
  });

  it('come as a deep link, and as managed configuration with the policy for apps', async () => {
    const ios = await make(forMember(), { managed: { format: 'ios_plist', appId: 'org.example.app' } });
    const android = await make(newcomer, { managed: { format: 'android_bundle', appId: 'org.example.app' } });

    expect(ios.deepLink).toBe(`relais://enrol?token=${ios.enrolmentToken}`);
    expect(decodeJwt(ios.enrolmentToken)).toMatchObject({
      org: owner.tokens.organizationId,
      hdl: owner.handle,
      srv: serverUrl,
    });
    const keys = { serverUrl, organizationId: owner.tokens.organizationId, enrolmentToken: ios.enrolmentToken };
    const values = parsePlist(String(ios.managedConfiguration?.content)) as Record<string, unknown>;
    expect(values).toMatchObject(keys);
    expect(Object.keys(values).length).toBeGreaterThan(10);
    expect(JSON.parse(String(android.managedConfiguration?.content))).toMatchObject({
      managedProperty: expect.arrayContaining([
        { key: 'enrolmentToken', valueString: android.enrolmentToken },
      ]) as unknown[],
    });
    for (const format of ['ios_specification', 'android_restrictions'] as const) {
      const { content } = await world.bus.request(exportAppPolicy, { format, appId: 'org.example.app' }, as(owner));
      for (const key of Object.keys(keys)) expect(content).toContain(`"${key}"`);
    }
  });

  it('record the id that device management has for the device, which is then found by it', async () => {
    const { enrolmentToken } = await make(forMember());
    const on = aDevice();
    await redeem(enrolmentToken, on, { mdmDeviceId: 'Serial-4711' });
    const tokens = await login(member, on);
    const settings = { kind: 'json', name: 'Jamf' } as const;
    const source = await world.bus.request(putPostureSource, { sourceId: newId() as never, settings }, as(owner));

    await post(world, owner, source, signed(world, String(source.key), { deviceId: 'SERIAL-4711', compliant: false }));

    expect(await codeOf(world.bus.request(readMe, {}, { token: tokens.accessToken }))).toBe('token_revoked');
    expect(await codeOf(world.bus.request(readMe, {}, as(member)))).toBe('ok');
  });
});
