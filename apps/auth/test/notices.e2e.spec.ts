import {
  beginTotp,
  changePassword,
  closeSession,
  enrolDevice,
  createEnrolment,
  listFactors,
  listSecurityNotices,
  listSessions,
  live,
  readMe,
  refreshSession,
  removeFactor,
  type SecurityNotice,
  startPasswordReset,
} from '@relais/contracts';
import { hash } from 'node:crypto';
import { signDeviceStatement } from '@relais/security';
import { Housekeeping } from '../src/housekeeping.postgres.js';
import { addPasskey, addTotp, as, demand, stepUp } from './factors.js';
import { aDevice, refreshInput } from './person.js';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

describe('what a person is told of their own account', () => {
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

  const told = async (one: Member): Promise<SecurityNotice[]> =>
    (await world.bus.request(listSecurityNotices, {}, as(one))).items;

  /** What a gateway hears that holds a socket of this person. */
  function listen({ tokens: { organizationId, userId } }: Member) {
    const subscription = world.callerConnection.nats.subscribe(live.user(organizationId, userId));
    const heard: SecurityNotice[] = [];
    void (async () => {
      for await (const message of subscription) {
        const { type, notice } = message.json<{ type: string; notice: SecurityNotice }>();
        if (type === 'security_notice') heard.push(notice);
      }
    })();
    return { heard, stop: () => subscription.unsubscribe() };
  }

  async function until(holds: () => boolean): Promise<void> {
    for (let tries = 0; tries < 200 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
    expect(holds()).toBe(true);
  }

  it('is every login, with whether the device is new; live on the other devices and in a list (A-26)', async () => {
    const { heard, stop } = listen(member);
    await world.callerConnection.nats.flush();
    const tablet = aDevice('Tablet');

    await signIn(world, member, tablet);
    world.clock.advance(1_000);
    await signIn(world, member, tablet);

    await until(() => heard.length >= 2);
    stop();
    const { id: deviceId } = tablet.device;
    expect(heard.slice(0, 2)).toMatchObject([
      { kind: 'signed_in', deviceId, isNewDevice: true },
      { kind: 'signed_in', deviceId, isNewDevice: false },
    ]);
    expect(await told(member)).toEqual(heard.toReversed());
    expect(await told(owner)).toEqual([]);
  });

  it('is every change of password and factors, by themselves or by others (A-26)', async () => {
    await addTotp(world, member);
    const { factor } = await addPasskey(world, member);
    await world.bus.request(removeFactor, { userId: member.tokens.userId, factorId: factor.id }, as(owner));
    const { password: currentPassword } = member.person;
    member = await signIn(world, member);
    await world.bus.request(changePassword, { currentPassword, newPassword: 'neun Boote auf dem Kanal' }, as(member));
    await world.bus.request(startPasswordReset, { userId: member.tokens.userId }, as(owner));

    expect((await told(member)).map(({ kind }) => kind)).toEqual([
      'password_reset_started',
      'password_changed',
      'signed_in',
      'factor_removed',
      'factor_added',
      'factor_added',
    ]);
  });

  it('is a device that waits to be let in, one that came with a token, and a stolen session (A-26)', async () => {
    await demand(world, owner, { deviceApproval: 'own_device' });
    const waiting = aDevice();
    expect(await codeOf(signIn(world, member, waiting))).toBe('device_pending');
    const { enrolmentToken } = await world.bus.request(
      createEnrolment,
      { for: { kind: 'person', userId: member.tokens.userId }, serverUrl: 'https://relais.example' },
      as(owner),
    );
    const on = aDevice();
    const said = { dev: on.device.id, enrolment: hash('sha256', enrolmentToken, 'base64url') };
    const proof = await signDeviceStatement(on.privateKey, 'relais-enrol+jwt', said, world.clock.now());
    await world.bus.request(enrolDevice, { enrolmentToken, device: on.device, proof });
    const stale = await refreshInput(member.tokens, member.on, world.clock.now());
    const fresh = { ...member, tokens: await world.bus.request(refreshSession, stale) };
    await world.bus.request(refreshSession, await refreshInput(fresh.tokens, member.on, world.clock.now()));
    world.clock.advance(31_000);
    const again = await refreshInput(member.tokens, member.on, world.clock.now());
    expect(await codeOf(world.bus.request(refreshSession, again))).toBe('refresh_failed');

    const stolen = member.tokens.deviceId;
    member = await signIn(world, member, on);
    expect((await told(member)).map(({ kind, deviceId }) => [kind, deviceId])).toEqual([
      ['signed_in', on.device.id],
      ['session_stolen', stolen],
      ['device_enrolled', on.device.id],
      ['device_waits', waiting.device.id],
    ]);
  });

  it('is not that they showed once more who they are, nor what failed', async () => {
    await stepUp(world, member);
    const { person } = member;
    await codeOf(signIn(world, { ...member, person: { ...person, password: 'wrong password, long enough' } }));
    await world.bus.request(beginTotp, { name: 'x' }, as(member)).catch(() => undefined);

    member = await signIn(world, member);
    expect((await told(member)).map(({ kind }) => kind)).toEqual(['signed_in']);
  });

  it('comes in pages, is theirs alone, and is kept for 90 days', async () => {
    for (let count = 0; count < 3; count++) member = await signIn(world, member);
    const first = await world.bus.request(listSecurityNotices, { limit: 2 }, as(member));
    const rest = await world.bus.request(listSecurityNotices, { limit: 2, cursor: String(first.next) }, as(member));
    expect([first.items.length, rest.items.length, rest.next]).toEqual([2, 1, undefined]);

    await world.passDays(91);
    await world.app.get(Housekeeping).run();
    member = await signIn(world, member);
    expect(await told(member)).toHaveLength(1);
    await world.passDays(-91);
  });

  describe('after a change of factors (A-40)', () => {
    const isIn = (one: Member) => codeOf(world.bus.request(readMe, {}, as(one)));
    const sessions = async (one: Member) => (await world.bus.request(listSessions, {}, as(one))).items;

    it.each(['added', 'removed'] as const)('other sessions have ended when one was %s', async (change) => {
      const [{ factor }, phone] = [await addPasskey(world, member), member];
      const tablet = await signIn(world, member, aDevice());
      expect(await sessions(phone)).toHaveLength(2);

      if (change === 'added') await addTotp(world, phone);
      else await world.bus.request(removeFactor, { userId: phone.tokens.userId, factorId: factor.id }, as(phone));

      expect(await isIn(tablet)).toBe('token_revoked');
      expect(await isIn(phone)).toBe('ok');
      expect(await sessions(phone)).toMatchObject([{ current: true }]);
    });

    it('all have ended when an administrator removed one', async () => {
      await addTotp(world, member);
      const { factor } = await addPasskey(world, member);
      await world.bus.request(removeFactor, { userId: member.tokens.userId, factorId: factor.id }, as(owner));

      expect(await isIn(member)).toBe('token_revoked');
      expect(await isIn(owner)).toBe('ok');
    });

    it('they stay where the policy lets them, are shown as older than the change, and can be ended', async () => {
      // Notices carry real time, which this world's clock must not be ahead of.
      world.clock.advance(Date.now() - 1_000 - world.clock.now().getTime());
      owner = await anOrganization(world);
      member = await aMember(world, owner);
      await demand(world, owner, { factorChangeEndsSessions: false });
      const tablet = await signIn(world, member, aDevice());
      expect((await sessions(member)).map(({ isBeforeChange }) => isBeforeChange)).toEqual([false, false]);

      await addTotp(world, member);

      expect(await isIn(tablet)).toBe('ok');
      expect((await sessions(member)).map(({ isBeforeChange }) => isBeforeChange)).toEqual([true, true]);
      const { sessionId } = tablet.tokens;
      await world.bus.request(closeSession, { sessionId }, as(member));
      expect(await isIn(tablet)).toBe('token_revoked');
      expect((await world.bus.request(listFactors, {}, as(member))).items).toHaveLength(1);
    });
  });
});
