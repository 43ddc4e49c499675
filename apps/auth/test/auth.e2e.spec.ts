import { jest } from '@jest/globals';
import {
  acceptInvitation,
  bootstrapOrganization,
  changePassword,
  closeSession,
  createInvitation,
  type DatedRevocation,
  listInvitations,
  listRevocations,
  listSessions,
  openSession,
  readKeys,
  readMe,
  refreshSession,
  REQUESTS,
  type Revocation,
  REVOCATIONS_PER_MESSAGE,
  revoked,
  revokedDated,
  revokeInvitation,
  serviceOf,
  type Tokens,
  toldRevocations,
  updateUser,
} from '@relais/contracts';
import { hash } from '@node-rs/argon2';
import fc from 'fast-check';
import { TrustFeed } from '@relais/bus';
import { newId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { jwkThumbprint, newSecret } from '@relais/security';
import { Database, type Tx } from '../src/database/database.js';
import { LoginThrottle } from '../src/passwords/login-throttle.postgres.js';
import { PasswordHasher } from '../src/passwords/password-hasher.js';
import { Revocations, revoke } from '../src/trust/revocations.postgres.js';
import { exchangePassword, findUser } from '../src/users/user-rows.postgres.js';
import { aDevice, aPerson, refreshInput, type TestDevice } from './person.js';
import { aMember, anOrganization, codeOf, finalCodeOf, type Member, signIn, startWorld, type World } from './world.js';

const SECOND_MS = 1_000;

describe('the auth service', () => {
  let world: World;
  let owner: Member;

  beforeAll(async () => {
    world = await startWorld();
    owner = await anOrganization(world);
  });

  afterAll(() => world.close());

  const ask = (tokens: Tokens) => codeOf(world.bus.request(readMe, {}, { token: tokens.accessToken }));
  const invite = async (member: Member, more: object = {}) =>
    world.bus.request(createInvitation, more, { token: member.tokens.accessToken });
  const refresh = async (tokens: Tokens, on: TestDevice) =>
    world.bus.request(refreshSession, await refreshInput(tokens, on, world.clock.now()));

  /** What is signalled to all services while `work` goes on. */
  async function signalled(work: () => Promise<unknown>, count = 1): Promise<Revocation[]> {
    const heard: Revocation[] = [];
    const release = world.bus.hear(revoked, ({ revocations }) => heard.push(...revocations));
    await world.callerConnection.nats.flush();
    await work();
    for (let attempt = 0; attempt < 200 && heard.length < count; attempt++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    release();
    return heard;
  }

  const ours = REQUESTS.filter((request) => serviceOf(request) === 'auth');

  it('answers every contract that is addressed to it', () => {
    expect(world.server.subjects).toEqual(expect.arrayContaining(ours.map(({ subject }) => subject)));
  });

  it('answers garbage on every subject as invalid, and breaks on none (A-04, A-05)', async () => {
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.constantFrom(
        '',
        'null',
        '[]',
        '{"__proto__":{"role":"owner"}}',
        '{"constructor":{"prototype":{"role":"owner"}}}',
      ),
    );
    const withInput = ours.filter(({ input }) => !input.safeParse({}).success);

    for (const { subject } of withInput) {
      for (const text of fc.sample(garbage, 20)) {
        const reply = await world.callerConnection.nats.request(subject, text, { timeout: 20_000 });
        expect(reply.json()).toMatchObject({ ok: false, code: 'invalid_request' });
      }
    }
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  it('lets nobody in without a token of its own (A-42)', async () => {
    const forPeople = ours.filter(({ access, input }) => access === 'user' && input.safeParse({}).success);
    const [header, payload] = owner.tokens.accessToken.split('.');
    const forged = `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`;

    for (const contract of forPeople) {
      expect(await codeOf(world.bus.request(contract, {}))).toBe('token_missing');
      expect(await codeOf(world.bus.request(contract, {}, { token: forged }))).toBe('token_invalid');
    }
    expect(forPeople.length).toBeGreaterThan(5);
  });

  describe('bootstrapping', () => {
    const input = (bootstrapToken: string) => ({
      bootstrapToken,
      organization: {
        handle: `made-${newSecret()
          .toLowerCase()
          .replaceAll(/[^a-z0-9]/g, '')}`.slice(0, 30),
        name: 'Made',
      },
      owner: aPerson(),
      device: aDevice().device,
    });

    it('makes one organization per token, however many of fifty try at once (A-07)', async () => {
      const token = world.bootstrapTokens[1] as string;
      const once = () => finalCodeOf(() => world.bus.request(bootstrapOrganization, input(token)));

      const codes = await Promise.all(Array.from({ length: 50 }, once));

      expect(codes.toSorted()).toEqual([...Array.from({ length: 49 }, () => 'bootstrap_refused'), 'ok']);
    });

    it('refuses a used token, and one that is nobody’s (A-24)', async () => {
      for (const token of [world.bootstrapTokens[0] as string, newSecret(), ''])
        expect(await codeOf(world.bus.request(bootstrapOrganization, input(token)))).toBe('bootstrap_refused');
    });
  });

  describe('an invitation', () => {
    it('brings in one person, however many of fifty redeem it at once (A-07)', async () => {
      const { invitationToken } = await invite(owner);
      const once = () =>
        finalCodeOf(() =>
          world.bus.request(acceptInvitation, { invitationToken, ...aPerson(), device: aDevice().device }),
        );

      const codes = await Promise.all(Array.from({ length: 50 }, once));

      expect(codes.toSorted()).toEqual([...Array.from({ length: 49 }, () => 'invitation_refused'), 'ok']);
    });

    const accept = (invitationToken: string, person = aPerson()) =>
      world.bus.request(acceptInvitation, { invitationToken, ...person, device: aDevice().device });

    it('is refused when it has expired, was withdrawn, or is made up', async () => {
      const expired = await invite(owner, { validSeconds: 60 });
      const withdrawn = await invite(owner);
      await world.bus.request(revokeInvitation, { invitationId: withdrawn.id }, { token: owner.tokens.accessToken });
      const madeUp = `${owner.tokens.organizationId}.${newSecret()}`;

      world.clock.advance(60 * SECOND_MS);
      const codes = await Promise.all(
        [expired.invitationToken, withdrawn.invitationToken, madeUp, 'x'].map((t) => codeOf(accept(t))),
      );

      expect(new Set(codes)).toEqual(new Set(['invitation_refused']));
      owner = await signIn(world, owner, owner.on);
    });

    it('stays good when the person could not be made', async () => {
      const { invitationToken } = await invite(owner);

      expect(await codeOf(accept(invitationToken, owner.person))).toBe('email_taken');
      expect(await codeOf(accept(invitationToken, { ...aPerson(), password: 'passwordpassword' }))).toBe(
        'password_refused',
      );
      expect(await codeOf(accept(invitationToken))).toBe('ok');
    });

    it('gives no more than the inviter has', async () => {
      const admin = await aMember(world, owner, 'admin');
      const member = await aMember(world, owner);

      expect(await codeOf(invite(admin, { role: 'owner' }))).toBe('forbidden');
      expect(await codeOf(invite(member))).toBe('forbidden');
    });

    it('is listed without its token', async () => {
      const { id } = await invite(owner);

      const { items } = await world.bus.request(listInvitations, {}, { token: owner.tokens.accessToken });

      expect(items.map((item) => item.id)).toContain(id);
      expect(JSON.stringify(items)).not.toContain('oken');
    });
  });

  describe('signing in', () => {
    it('gives a token that any service can verify from what auth publishes', async () => {
      const member = await aMember(world, owner);
      const { keys } = await world.bus.request(readKeys, {});
      world.trust.applyKeys(keys);

      const { tokens, on } = await signIn(world, member);
      const principal = await world.verifier.verify(tokens.accessToken);

      expect(principal).toMatchObject({
        userId: member.tokens.userId,
        deviceId: on.device.id,
        roles: ['member'],
        amr: ['pwd'],
      });
      const claims = JSON.parse(Buffer.from(String(tokens.accessToken.split('.')[1]), 'base64url').toString()) as {
        cnf: { jkt: string };
      };
      expect(claims.cnf.jkt).toBe(jwkThumbprint(on.device.publicKey));
      expect(keys.length).toBeGreaterThanOrEqual(2);
    });

    it('fails in one way, whatever is wrong (A-27)', async () => {
      const { handle, person } = await aMember(world, owner);
      const { device } = aDevice();
      const good = { organization: handle, email: person.email, password: person.password, device };
      const wrong = [
        { ...good, organization: 'nobody-here' },
        { ...good, email: 'nobody@example.org' },
        { ...good, password: `${person.password}!` },
        { ...good, password: person.password.slice(0, -1) },
      ];

      const errors = await Promise.all(
        wrong.map((input) =>
          world.bus.request(openSession, input).catch((error: unknown) => ({ ...(error as object) })),
        ),
      );

      for (const error of errors) expect(error).toEqual({ ...errors[0] });
      expect(errors[0]).toMatchObject({ kind: 'unauthenticated', code: 'login_failed' });
    });

    it('computes one hash for each that fails, whether there is such an account or not (A-27)', async () => {
      const member = await aMember(world, owner);
      const gone = await aMember(world, owner);
      await world.bus.request(
        updateUser,
        { userId: gone.tokens.userId, state: 'disabled' },
        { token: owner.tokens.accessToken },
      );
      const { device } = aDevice();
      const good = { organization: member.handle, email: member.person.email, password: 'another sentence', device };
      const verify = jest.spyOn(world.app.get(PasswordHasher), 'verify');
      const hash = jest.spyOn(world.app.get(PasswordHasher), 'hash');

      const hashesOf = async (input: typeof good) => {
        verify.mockClear();
        expect(await codeOf(world.bus.request(openSession, input))).toBe('login_failed');
        return [verify.mock.calls.length, hash.mock.calls.length];
      };

      expect(await hashesOf(good)).toEqual([1, 0]);
      expect(await hashesOf({ ...good, email: 'nobody@example.org' })).toEqual([1, 0]);
      expect(await hashesOf({ ...good, organization: 'nobody-here' })).toEqual([1, 0]);
      expect(await hashesOf({ ...good, email: gone.person.email, password: gone.person.password })).toEqual([1, 0]);
      jest.restoreAllMocks();
    });

    it('ends the earlier session of the same device', async () => {
      const member = await aMember(world, owner);

      const again = await signIn(world, member, member.on);

      expect(await ask(member.tokens)).toBe('token_revoked');
      expect(await ask(again.tokens)).toBe('ok');
    });

    it('leaves one session on a device, however many sign in on it at once', async () => {
      const member = await aMember(world, owner);

      const answers = await Promise.all(Array.from({ length: 8 }, () => signIn(world, member, member.on)));

      const working = (await Promise.all(answers.map(({ tokens }) => ask(tokens)))).filter((code) => code === 'ok');
      expect(working).toHaveLength(1);
    });

    it("refuses a device id or key that is another person's", async () => {
      const [alice, bob] = [await aMember(world, owner), await aMember(world, owner)];
      const { device } = aDevice();
      const sameId = { device: { ...device, id: alice.on.device.id }, privateKey: bob.on.privateKey };
      const sameKey = { device: { ...device, publicKey: alice.on.device.publicKey }, privateKey: alice.on.privateKey };

      expect(await codeOf(signIn(world, bob, sameId))).toBe('device_id_reused');
      expect(await codeOf(signIn(world, bob, sameKey))).toBe('device_id_reused');
    });

    it('goes on working on devices the person has used, whatever strangers have tried (A-20)', async () => {
      const member = await aMember(world, owner);
      const throttle = world.app.get(LoginThrottle);
      const attempt = { organization: member.handle, email: member.person.email, isKnownDevice: false };
      for (let index = 0; index < 100; index++) await throttle.count({ ...attempt, deviceId: `made-up-${index}` });

      expect(await codeOf(signIn(world, member))).toBe('login_throttled');
      const { device } = aDevice();
      const borrowedId = { device: { ...device, id: member.on.device.id }, privateKey: member.on.privateKey };
      expect(await codeOf(signIn(world, member, borrowedId))).toBe('login_throttled');
      expect(await codeOf(signIn(world, member, member.on))).toBe('ok');
    });

    it('strengthens a hash that was made with weaker parameters (A-52)', async () => {
      const member = await aMember(world, owner);
      const weak = await hash(member.person.password, { memoryCost: 1_024, timeCost: 1 });
      const { organizationId, userId } = member.tokens;
      const stored = (tx: Tx) => findUser(tx, organizationId, userId).then((user) => String(user?.password_hash));
      await world.database.within(organizationId, async (tx) =>
        exchangePassword(tx, organizationId, userId, { from: await stored(tx), to: weak }),
      );

      await signIn(world, member);

      expect(await world.database.within(organizationId, stored)).toContain('m=19456,t=2,p=1');
      expect(await codeOf(signIn(world, member))).toBe('ok');
    });

    it('answers a flood with a time to come back, and goes on working (A-64)', async () => {
      const input = () => ({
        organization: owner.handle,
        email: aPerson().email,
        password: 'x',
        device: aDevice().device,
      });
      const tries = Array.from({ length: 150 }, () => world.bus.request(openSession, input()));

      const codes = await Promise.all(tries.map(codeOf));

      expect(new Set(codes)).toEqual(new Set(['login_failed', 'login_overloaded']));
      expect(await codeOf(signIn(world, owner))).toBe('ok');
    });
  });

  describe('refreshing', () => {
    it('rotates the tokens of the session', async () => {
      const { tokens, on } = await aMember(world, owner);

      const next = await refresh(tokens, on);

      expect(next.sessionId).toBe(tokens.sessionId);
      expect(next.refreshToken).not.toBe(tokens.refreshToken);
      expect(await ask(next)).toBe('ok');
      expect(await ask(await refresh(next, on))).toBe('ok');
    });

    it('needs the proof of the same device each time', async () => {
      const { tokens, on } = await aMember(world, owner);

      expect(await codeOf(refresh(tokens, aDevice()))).toBe('refresh_failed');
      expect(await codeOf(world.bus.request(refreshSession, { refreshToken: tokens.refreshToken, proof: 'x' }))).toBe(
        'refresh_failed',
      );
      expect(await codeOf(refresh(tokens, on))).toBe('ok');
    });

    it('works again with the token before the last for 30 s, because an answer may be lost (A-49)', async () => {
      const { tokens, on } = await aMember(world, owner);
      const lost = await refresh(tokens, on);

      world.clock.advance(30 * SECOND_MS);
      const found = await refresh(tokens, on);

      expect(found.sessionId).toBe(lost.sessionId);
      expect(await ask(found)).toBe('ok');
      expect(await codeOf(refresh(found, on))).toBe('ok');
    });

    it('gives many who repeat the same request working tokens of one session', async () => {
      const { tokens, on } = await aMember(world, owner);

      const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(tokens, on)));

      expect(new Set(answers.map(({ sessionId }) => sessionId)).size).toBe(1);
      expect(await codeOf(refresh(answers[3] as Tokens, on))).toBe('ok');
    });

    it.each([
      ['after 30 s', 31, true],
      ['at once, without the device', 0, false],
    ])('ends the session when a used token comes back %s (A-49)', async (_, seconds, isSameDevice) => {
      const { tokens, on } = await aMember(world, owner);
      const next = await refresh(tokens, on);
      world.clock.advance(seconds * SECOND_MS);

      const heard = await signalled(async () => {
        expect(await codeOf(refresh(tokens, isSameDevice ? on : aDevice()))).toBe('refresh_failed');
      });

      expect(heard.map(({ subjectId }) => subjectId)).toEqual([tokens.sessionId]);
      expect(await ask(next)).toBe('token_revoked');
      expect(await codeOf(refresh(next, on))).toBe('refresh_failed');
    });

    it('ends the session when a token from long ago comes back (A-49)', async () => {
      const { tokens, on } = await aMember(world, owner);
      let last = tokens;
      for (let turn = 0; turn < 5; turn++) last = await refresh(last, on);

      expect(await codeOf(refresh(tokens, on))).toBe('refresh_failed');
      expect(await ask(last)).toBe('token_revoked');
    });

    it('refuses anything that is not a token it gave', async () => {
      const nobodys = `${owner.tokens.organizationId}.${newSecret()}.${newSecret()}`;
      const noOnes = `00000000-0000-4000-8000-000000000000.${newSecret()}.${newSecret()}`;

      for (const refreshToken of ['', 'x', 'a.b.c', nobodys, noOnes])
        expect(await codeOf(world.bus.request(refreshSession, { refreshToken, proof: 'x' }))).toBe('refresh_failed');
    });
  });

  describe('ending sessions', () => {
    it('tells every service at once, and those who did not hear it when they ask (A-39)', async () => {
      const { tokens, on } = await aMember(world, owner);

      const heard = await signalled(() => world.bus.request(closeSession, {}, { token: tokens.accessToken }));

      expect(heard.map(({ subjectId }) => subjectId)).toEqual([tokens.sessionId]);
      const { revocations } = await world.bus.request(listRevocations, {});
      expect(revocations).toEqual(expect.arrayContaining(heard));
      expect(await ask(tokens)).toBe('token_revoked');
      expect(await codeOf(refresh(tokens, on))).toBe('refresh_failed');
    });

    it('tells of more than one message of NATS can hold, in signals and when asked', async () => {
      const count = 3 * REVOCATIONS_PER_MESSAGE + 1;
      const ids = Array.from({ length: count }, () => newId());
      const revocations = await world.app
        .get(Database)
        .within(owner.tokens.organizationId, (tx) => revoke(tx, 'logout', ids));

      const asked = new Set<string>();
      const sink = {
        applyKeys: () => undefined,
        hasKeys: () => true,
        applyRevocations: (some: readonly Revocation[]) => some.forEach(({ subjectId }) => asked.add(subjectId)),
      };
      const feed = new TrustFeed(world.bus, world.callerConnection, sink, silentLog);
      await feed.refresh();
      expect(ids.filter((id) => !asked.has(id))).toEqual([]);

      const announce = () => Promise.resolve(world.app.get(Revocations).announce(revocations));
      expect(await signalled(announce, count)).toHaveLength(count);
      await world.db.query('DELETE FROM revocation WHERE subject_id = ANY ($1::uuid[])', [ids]);
    });

    it('tells when, by the database, in signals and when asked', async () => {
      const id = newId();
      const [heard, listed]: [DatedRevocation[], DatedRevocation[]] = [[], []];
      const release = world.bus.hear(revokedDated, (signal) => heard.push(...toldRevocations(signal)));
      await world.callerConnection.nats.flush();
      const { organizationId } = owner.tokens;
      const put = await world.app.get(Database).within(organizationId, (tx) => revoke(tx, 'logout', [id]));
      world.app.get(Revocations).announce(put);
      const keep = (some: readonly DatedRevocation[]) => void listed.push(...some);
      const sink = { applyKeys: () => undefined, hasKeys: () => true, applyRevocations: keep };
      await new TrustFeed(world.bus, world.callerConnection, sink, silentLog).refresh();
      release();

      const [written]: { revoked_at: Date }[] = await world.db.query(
        'SELECT r.revoked_at FROM revocation r WHERE r.subject_id = $1',
        [id],
      );
      for (const told of [heard, listed])
        expect(told.find(({ subjectId }) => subjectId === id)?.revokedAt).toBe(written?.revoked_at.toISOString());
    });

    it("ends only the caller's own", async () => {
      const [alice, bob] = [await aMember(world, owner), await aMember(world, owner)];
      const { sessionId } = alice.tokens;

      expect(await codeOf(world.bus.request(closeSession, { sessionId }, { token: bob.tokens.accessToken }))).toBe(
        'session_not_found',
      );
      expect(await ask(alice.tokens)).toBe('ok');
    });

    it('lists sessions by the name of their device', async () => {
      const member = await aMember(world, owner);
      await signIn(world, member, aDevice("Alice's laptop"));

      const { items } = await world.bus.request(listSessions, {}, { token: member.tokens.accessToken });

      expect(items.map(({ deviceName, current }) => [deviceName, current])).toEqual(
        expect.arrayContaining([
          ["Alice's phone", true],
          ["Alice's laptop", false],
        ]),
      );
    });

    it('happens by itself after 30 days without use (A-38)', async () => {
      const { tokens, on } = await aMember(world, owner);

      await world.passDays(30);
      expect(await codeOf(refresh(tokens, on))).toBe('refresh_failed');
      owner = await signIn(world, owner);
    });

    it('happens by itself after 90 days of use (A-38, A-49)', async () => {
      const { tokens, on } = await aMember(world, owner);
      let last = tokens;
      for (let turn = 0; turn < 4; turn++) {
        await world.passDays(22);
        last = await refresh(last, on);
      }

      await world.passDays(2);
      expect(await codeOf(refresh(last, on))).toBe('refresh_failed');
      owner = await signIn(world, owner);
    });
  });

  describe('changing the password', () => {
    const change = (member: Member, currentPassword: string, newPassword: string) =>
      codeOf(world.bus.request(changePassword, { currentPassword, newPassword }, { token: member.tokens.accessToken }));

    it('needs the current one, ends the other sessions and counts from then on (A-22, A-40)', async () => {
      const member = await aMember(world, owner);
      const other = await signIn(world, member);
      const fresh = aPerson().password;

      expect(await change(member, fresh, fresh)).toBe('wrong_password');
      expect(await change(member, member.person.password, 'short')).toBe('password_refused');
      expect(await change(member, member.person.password, fresh)).toBe('ok');

      expect(await ask(member.tokens)).toBe('ok');
      expect(await ask(other.tokens)).toBe('token_revoked');
      expect(await codeOf(signIn(world, member))).toBe('login_failed');
      expect(await codeOf(signIn(world, { ...member, person: { ...member.person, password: fresh } }))).toBe('ok');
    });
  });
});
