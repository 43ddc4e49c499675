import {
  cancelWipe,
  confirmWipe,
  factorKind,
  fetchWipeOrder,
  listOrganizationDevices,
  listWipes,
  openSession,
  orderWipe,
  readKeys,
  readMe,
  refreshSession,
  setDeviceState,
} from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { signDeviceStatement } from '@relais/security';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { Housekeeping } from '../src/housekeeping.postgres.js';
import { as, demand, stepUp } from './factors.js';
import { factsOf } from './facts.js';
import { aDevice, refreshInput, type TestDevice } from './person.js';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

describe('devices', () => {
  let world: World;
  let owner: Member;

  beforeAll(async () => {
    world = await startWorld({ organizations: 20 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    owner = await anOrganization(world);
  });

  const login = ({ handle, person }: Member, on: TestDevice) =>
    world.bus.request(openSession, {
      ...{ organization: handle, email: person.email, password: person.password },
      device: on.device,
    });
  const deviceOf = ({ tokens }: Member) => ({ userId: tokens.userId, deviceId: tokens.deviceId });
  const setState = (
    by: Member,
    device: { userId: never; deviceId: never } | object,
    state: 'active' | 'suspended' | 'gone',
  ) => codeOf(world.bus.request(setDeviceState, { ...(device as ReturnType<typeof deviceOf>), state }, as(by)));
  const isIn = (member: Member) => codeOf(world.bus.request(readMe, {}, as(member)));

  describe('that are new', () => {
    it('wait until an administrator lets them in, where the policy says so', async () => {
      await demand(world, owner, { deviceApproval: 'administrator' });
      const member = await aMember(world, owner);
      const second = aDevice('Second');
      const waiting = { userId: member.tokens.userId, deviceId: second.device.id };

      expect(await codeOf(login(member, second))).toBe('device_pending');
      expect(await codeOf(login(member, second))).toBe('device_pending');
      const { items } = await world.bus.request(listOrganizationDevices, { state: 'pending' }, as(owner));
      expect(items).toMatchObject([{ id: second.device.id, userId: member.tokens.userId, name: 'Second' }]);
      expect(await setState(member, waiting, 'active')).toBe('forbidden');
      expect(await setState(owner, waiting, 'active')).toBe('ok');
      expect(await codeOf(login(member, second))).toBe('ok');
      expect((await factsOf(world, 'device.state-changed')).slice(-2)).toMatchObject([
        { before: { state: null }, after: { state: 'pending' } },
        {
          actor: { id: owner.tokens.userId },
          before: { state: 'pending' },
          after: { state: 'active', reason: 'administrator' },
        },
      ]);
    });

    it('are let in from another device of the person, where that is enough', async () => {
      await demand(world, owner, { deviceApproval: 'own_device' });
      const [member, other] = [await aMember(world, owner), await aMember(world, owner)];
      const second = aDevice();
      const waiting = { userId: member.tokens.userId, deviceId: second.device.id };

      expect(await codeOf(login(member, second))).toBe('device_pending');
      expect(await setState(other, waiting, 'active')).toBe('forbidden');
      expect(await setState(member, waiting, 'active')).toBe('ok');
      expect(await codeOf(login(member, second))).toBe('ok');
    });

    it('ask their person once each, no more of them than a person may have, and stand for no factor (A-34)', async () => {
      await demand(world, owner, { deviceApproval: 'own_device', devicesPerPerson: 3 });
      const member = await aMember(world, owner);
      const waiting = [aDevice(), aDevice()];
      const asked = async () => {
        const facts = await factsOf(world, 'device.state-changed');
        return facts.filter(({ actor, after }) => actor.id === member.tokens.userId && after?.['state'] === 'pending');
      };

      for (const one of [...waiting, ...waiting, ...waiting])
        expect(await codeOf(login(member, one))).toBe('device_pending');
      for (let turn = 0; turn < 5; turn++) expect(await codeOf(login(member, aDevice()))).toBe('too_many_devices');
      expect((await asked()).map(({ object }) => object.id)).toEqual(waiting.map(({ device }) => device.id));
      // Whoever pressed "yes" has let in a device, and has shown nothing in place of its person.
      expect(factorKind.options).toEqual(['totp', 'passkey', 'recovery_code']);
    });

    it('are refused beyond the number that a person may have, and on other platforms', async () => {
      await demand(world, owner, { devicesPerPerson: 2, platforms: ['android'] });
      const member = await aMember(world, owner);
      const [second, third, desktop] = [aDevice(), aDevice(), aDevice()];

      expect(await codeOf(login(member, second))).toBe('ok');
      const refusal: unknown = await login(member, third).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'too_many_devices', details: { limit: 2 } });
      expect(await codeOf(login(member, { ...desktop, device: { ...desktop.device, platform: 'desktop' } }))).toBe(
        'platform_not_allowed',
      );
      expect(await setState(member, { userId: member.tokens.userId, deviceId: second.device.id }, 'gone')).toBe('ok');
      expect(await codeOf(login(member, third))).toBe('ok');
    });

    it('are put out at their next refresh when their platform is not allowed any more (A-25)', async () => {
      const member = await aMember(world, owner);
      const desktop = aDevice();
      desktop.device.platform = 'desktop';
      const tokens = await login(member, desktop);
      await demand(world, owner, { platforms: ['android'] });

      const proof = await refreshInput(tokens, desktop, world.clock.now());
      expect(await codeOf(world.bus.request(refreshSession, proof))).toBe('refresh_failed');
      const still = await refreshInput(member.tokens, member.on, world.clock.now());
      expect(await codeOf(world.bus.request(refreshSession, still))).toBe('ok');
    });

    it('come in as they like where nothing is said, and a rejected one never again', async () => {
      const member = await aMember(world, owner);
      const second = aDevice();
      expect(await codeOf(login(member, second))).toBe('ok');
      expect(await setState(owner, { userId: member.tokens.userId, deviceId: second.device.id }, 'gone')).toBe('ok');
      expect(await codeOf(login(member, second))).toBe('device_id_reused');
    });
  });

  it('that are suspended are out at once, and in again when the same hand lets them', async () => {
    const member = await aMember(world, owner);

    expect(await setState(owner, deviceOf(member), 'suspended')).toBe('ok');

    expect(await isIn(member)).toBe('token_revoked');
    expect(await codeOf(login(member, member.on))).toBe('device_suspended');
    expect(await setState(owner, deviceOf(member), 'active')).toBe('ok');
    expect(await codeOf(login(member, member.on))).toBe('ok');
    expect(await setState(owner, deviceOf(member), 'active')).toBe('device_state_conflict');
  });

  it('are not changed by strangers, members or other organizations', async () => {
    const [member, other] = [await aMember(world, owner), await aMember(world, owner)];
    const stranger = await anOrganization(world);

    expect(await setState(other, deviceOf(member), 'gone')).toBe('forbidden');
    expect(await setState(stranger, deviceOf(member), 'gone')).toBe('device_not_found');
    expect(await setState(owner, { ...deviceOf(member), deviceId: other.tokens.deviceId }, 'gone')).toBe(
      'device_not_found',
    );
    expect(await codeOf(world.bus.request(orderWipe, deviceOf(member), as(other)))).toBe('forbidden');
  });

  describe('that are to be wiped', () => {
    const order = (member: Member, by = owner) => world.bus.request(orderWipe, deviceOf(member), as(by));
    const say = (member: Member, typ: string, said: object) =>
      signDeviceStatement(member.on.privateKey, typ, { dev: member.tokens.deviceId, ...said }, world.clock.now());
    const self = ({ tokens: { organizationId, deviceId } }: Member) => ({ organizationId, deviceId });
    const fetch = async (member: Member) =>
      world.bus.request(fetchWipeOrder, { ...self(member), proof: await say(member, 'relais-wipe-fetch+jwt', {}) });
    const confirm = async (member: Member, nonce: unknown, signer = member) =>
      world.bus.request(confirmWipe, {
        ...self(member),
        proof: await say({ ...member, on: signer.on }, 'relais-wiped+jwt', { nonce }),
      });
    const nonceOf = async (jws: string): Promise<unknown> => {
      const { keys } = await world.bus.request(readKeys, {});
      const verified = await jwtVerify(jws, createLocalJWKSet({ keys }), {
        typ: 'relais-wipe+jwt',
        currentDate: world.clock.now(),
      });
      return verified.payload['nonce'];
    };

    it('are out at once, can fetch the order and nothing else, and are wiped by their own word only (P-14)', async () => {
      const member = await aMember(world, owner);

      expect(await order(member)).toMatchObject({ state: 'requested', deviceId: member.tokens.deviceId });

      expect(await isIn(member)).toBe('token_revoked');
      const proof = await refreshInput(member.tokens, member.on, world.clock.now());
      expect(await codeOf(world.bus.request(refreshSession, proof))).toBe('wipe_pending');
      expect(await codeOf(login(member, member.on))).toBe('wipe_pending');
      const nonce = await nonceOf((await fetch(member)).order);
      expect((await world.bus.request(listWipes, {}, as(owner))).items.at(-1)).toMatchObject({ state: 'delivered' });
      expect(await codeOf(confirm(member, nonce))).toBe('ok');
      expect(await codeOf(confirm(member, nonce))).toBe('ok');
      expect((await world.bus.request(listWipes, {}, as(owner))).items.at(-1)).toMatchObject({ state: 'wiped' });
      expect(await codeOf(fetch(member))).toBe('no_wipe_order');
      expect(await codeOf(login(member, member.on))).toBe('device_id_reused');
    });

    it('are not said to be wiped by anybody else: another key, another nonce, an old proof (F-38)', async () => {
      const [member, thief] = [await aMember(world, owner), await aMember(world, owner)];
      await order(member);
      const nonce = await nonceOf((await fetch(member)).order);

      expect(await codeOf(confirm(member, nonce, thief))).toBe('no_wipe_order');
      expect(await codeOf(confirm(member, 'x'.repeat(43)))).toBe('no_wipe_order');
      const old = { ...self(member), proof: await say(member, 'relais-wiped+jwt', { nonce }) };
      world.clock.advance(301_000);
      expect(await codeOf(world.bus.request(confirmWipe, old))).toBe('no_wipe_order');
      const fetched = { ...self(member), proof: await say(thief, 'relais-wipe-fetch+jwt', {}) };
      expect(await codeOf(world.bus.request(fetchWipeOrder, fetched))).toBe('no_wipe_order');
    });

    it('give a clone that has the refresh token nothing: without the key it is refused (A-49, F-38)', async () => {
      const member = await aMember(world, owner);
      await order(member);
      const clone = await refreshInput(member.tokens, aDevice(), world.clock.now());

      expect(await codeOf(world.bus.request(refreshSession, clone))).toBe('refresh_failed');
    });

    it('are overdue after a day, which is said once', async () => {
      const member = await aMember(world, owner);
      await order(member);
      const overdue = async () =>
        (await factsOf(world, 'wipe.overdue')).filter(({ object }) => object.id === member.tokens.deviceId);
      await world.app.get(Housekeeping).run();
      expect(await overdue()).toHaveLength(0);

      await world.passDays(1.01);
      await world.app.get(Housekeeping).run();
      await world.app.get(Housekeeping).run();

      expect(await overdue()).toHaveLength(1);
      owner = await signIn(world, owner);
      expect((await world.bus.request(listWipes, {}, as(owner))).items).toMatchObject([{ isOverdue: true }]);
    });

    it('come back suspended when the order is taken back in time, and not after it was fetched', async () => {
      const [member, other] = [await aMember(world, owner), await aMember(world, owner)];
      await order(member);
      await order(other);
      await fetch(other);
      const cancel = (one: Member) => codeOf(world.bus.request(cancelWipe, deviceOf(one), as(owner)));

      expect(await cancel(member)).toBe('ok');
      expect(await codeOf(login(member, member.on))).toBe('device_suspended');
      expect(await cancel(other)).toBe('wipe_delivered');
    });

    it('are ordered by who showed lately who they are, once (A-41)', async () => {
      const member = await aMember(world, owner);
      world.clock.advance(301_000);
      const aged: Member = {
        ...owner,
        tokens: await world.bus.request(refreshSession, await refreshInput(owner.tokens, owner.on, world.clock.now())),
      };

      expect(await codeOf(order(member, aged))).toBe('step_up_required');
      const fresh = await stepUp(world, aged);
      expect(await codeOf(order(member, fresh))).toBe('ok');
      const again: unknown = await order(member, fresh).catch((error: unknown) => error);
      expect(again).toBeInstanceOf(AppError);
      expect(again).toMatchObject({ code: 'device_state_conflict' });
    });
  });
});
