import {
  beginPasskeyLogin,
  beginStepUp,
  beginTotp,
  confirmPasskey,
  confirmTotp,
  beginPasskey,
  createInvitation,
  listFactors,
  listFactorsOf,
  openSession,
  readMe,
  refreshSession,
  removeFactor,
  renewRecoveryCodes,
  type Tokens,
} from '@relais/contracts';
import { newId } from '@relais/kernel';
import pg from 'pg';
import { factsOf } from './facts.js';
import { addPasskey, addTotp, as, codeNow, demand, finish, stepUp, unfinished } from './factors.js';
import { aDevice, refreshInput } from './person.js';
import { SoftwareAuthenticator } from './software-authenticator.js';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

const HALF_MINUTE = 30_000;

describe('factors', () => {
  let world: World;
  let owner: Member;

  beforeAll(async () => {
    world = await startWorld({ organizations: 16 });
    owner = await anOrganization(world);
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    world.clock.advance(2 * HALF_MINUTE);
    owner = await signIn(world, owner, owner.on);
  });

  /** An organization of its own that asks for a second factor, and a member who has an app for it. */
  async function aCarefulOrganization(required: 'second_factor' | 'phishing_resistant' = 'second_factor') {
    const boss = await anOrganization(world);
    const member = await aMember(world, boss);
    const secret = await addTotp(world, member);
    await addTotp(world, boss).then(async (bossSecret) => {
      world.clock.advance(HALF_MINUTE);
      const strong = await stepUp(world, boss, { kind: 'totp', code: await codeNow(world, bossSecret) });
      if (required === 'phishing_resistant') return demandWithPasskey(strong, required);
      await demand(world, strong, { required });
      return undefined;
    });
    return { boss, member, secret };
  }
  async function demandWithPasskey(boss: Member, required: 'phishing_resistant') {
    const { passkey } = await addPasskey(world, boss);
    const { loginToken, passkeyOptions } = await world.bus.request(beginStepUp, {}, as(boss));
    const shown = { kind: 'passkey' as const, assertion: passkey.get(passkeyOptions ?? {}) };
    await demand(world, { ...boss, tokens: await finish(world, loginToken, shown) }, { required });
  }
  const login = ({ handle, person }: Member, on = aDevice()) =>
    world.bus.request(openSession, {
      ...{ organization: handle, email: person.email, password: person.password },
      device: on.device,
    });

  describe('an authenticator app', () => {
    it('finishes a login that the password began', async () => {
      const { member, secret } = await aCarefulOrganization();
      world.clock.advance(HALF_MINUTE);

      const { loginToken, factors } = await unfinished(login(member));
      expect(factors).toEqual(['totp']);
      const tokens = await finish(world, loginToken, { kind: 'totp', code: await codeNow(world, secret) });

      expect(await codeOf(world.bus.request(readMe, {}, { token: tokens.accessToken }))).toBe('ok');
      expect(await codeOf(finish(world, loginToken, { kind: 'totp', code: await codeNow(world, secret) }))).toBe(
        'login_failed',
      );
    });

    it('lets one of fifty in that show the same code, in one login or in many (A-07, A-31)', async () => {
      const { member, secret } = await aCarefulOrganization();
      world.clock.advance(HALF_MINUTE);
      const logins = await Promise.all(Array.from({ length: 5 }, () => unfinished(login(member))));
      const code = await codeNow(world, secret);

      const outcomes = await Promise.all(
        logins.flatMap(({ loginToken }) =>
          Array.from({ length: 10 }, () => codeOf(finish(world, loginToken, { kind: 'totp', code }))),
        ),
      );

      expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(1);
    });

    it('is not confirmed by a wrong code, nor by another person', async () => {
      const member = await aMember(world, owner);
      const { factorId, secret, uri } = await world.bus.request(beginTotp, { name: 'App' }, as(member));
      const confirm = (code: string, by = member) => codeOf(world.bus.request(confirmTotp, { factorId, code }, as(by)));

      expect(uri).toContain(`secret=${secret}`);
      expect(await confirm('000000')).toBe('wrong_code');
      expect(await confirm(await codeNow(world, secret), owner)).toBe('factor_not_found');
      expect(await confirm(await codeNow(world, secret))).toBe('ok');
      expect((await world.bus.request(listFactors, {}, as(member))).items).toMatchObject([
        { kind: 'totp', name: 'App' },
      ]);
    });

    it('takes a code of the step before or after, and none that is older (A-31)', async () => {
      const { member, secret } = await aCarefulOrganization();
      world.clock.advance(HALF_MINUTE);
      const early = await codeNow(world, secret);
      world.clock.advance(HALF_MINUTE);
      const { loginToken } = await unfinished(login(member));
      world.clock.advance(2 * HALF_MINUTE);
      expect(await codeOf(finish(world, loginToken, { kind: 'totp', code: early }))).toBe('login_failed');
      const justBefore = await codeNow(world, secret);
      world.clock.advance(HALF_MINUTE);
      expect(await codeOf(finish(world, loginToken, { kind: 'totp', code: justBefore }))).toBe('ok');
    });
  });

  describe('a login that waits for a factor', () => {
    it('ends after five wrong tries, and after ten minutes (A-20)', async () => {
      const { member, secret } = await aCarefulOrganization();
      world.clock.advance(HALF_MINUTE);
      const { loginToken } = await unfinished(login(member));
      for (let at = 0; at < 5; at++)
        expect(await codeOf(finish(world, loginToken, { kind: 'totp', code: `00000${at}` }))).toBe('login_failed');
      expect(await codeOf(finish(world, loginToken, { kind: 'totp', code: await codeNow(world, secret) }))).toBe(
        'login_failed',
      );

      const later = await unfinished(login(member));
      world.clock.advance(601_000);
      expect(await codeOf(finish(world, later.loginToken, { kind: 'totp', code: await codeNow(world, secret) }))).toBe(
        'login_failed',
      );
      const refusals = await factsOf(world, 'session.opened');
      expect(refusals.filter(({ outcome }) => outcome === 'refused').length).toBeGreaterThan(0);
    });

    it('takes no password in place of the factor, and no made-up token', async () => {
      const { member } = await aCarefulOrganization();
      const { loginToken } = await unfinished(login(member));
      const { password } = member.person;

      expect(await codeOf(finish(world, loginToken, { kind: 'password', password }))).toBe('login_failed');
      expect(await codeOf(finish(world, `${newId()}.${'x'.repeat(43)}`, { kind: 'totp', code: '000000' }))).toBe(
        'login_failed',
      );
      expect(await codeOf(finish(world, 'x', { kind: 'totp', code: '000000' }))).toBe('login_failed');
    });
  });

  describe('recovery codes', () => {
    it('stand for a factor once each, of fifty at once too, and are nowhere in the database (A-07, A-31, A-32)', async () => {
      const { member } = await aCarefulOrganization();
      const { codes } = await world.bus.request(renewRecoveryCodes, {}, as(member));
      const [code = ''] = codes;
      expect(codes).toHaveLength(10);
      expect(new Set(codes).size).toBe(10);
      const logins = await Promise.all(Array.from({ length: 5 }, () => unfinished(login(member))));

      const outcomes = await Promise.all(
        logins.flatMap(({ loginToken }) =>
          Array.from({ length: 10 }, () => codeOf(finish(world, loginToken, { kind: 'recovery_code', code }))),
        ),
      );

      expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(1);
      expect(
        (await world.bus.request(listFactors, {}, as(await freshly(member, codes[1] ?? '')))).recoveryCodesLeft,
      ).toBe(8);
      const dump = await dumpOf(world, ['recovery_code', 'factor', 'login_attempt', 'outbox']);
      expect(codes.filter((one) => dump.includes(one) || dump.includes(one.replaceAll('-', '')))).toEqual([]);
    });

    const freshly = async (member: Member, code: string): Promise<Member> => {
      const { loginToken } = await unfinished(login(member));
      return {
        ...member,
        tokens: await finish(world, loginToken, { kind: 'recovery_code', code: code.toLowerCase() }),
      };
    };
  });

  describe('a passkey', () => {
    it.each(['ES256', 'EdDSA'] as const)('signs a person in without a name or a password (%s)', async (algorithm) => {
      const member = await aMember(world, owner);
      const { passkey } = await addPasskey(world, member, { algorithm });
      const begin = { organization: member.handle, device: aDevice().device };
      const { loginToken, passkeyOptions } = await world.bus.request(beginPasskeyLogin, begin);

      const tokens = await finish(world, loginToken, { kind: 'passkey', assertion: passkey.get(passkeyOptions ?? {}) });

      expect(tokens.userId).toBe(member.tokens.userId);
    });

    it('is refused with another challenge, origin, relying party, or without its owner there (A-35)', async () => {
      const member = await aMember(world, owner);
      const { passkey } = await addPasskey(world, member);
      const begin = () =>
        world.bus.request(beginPasskeyLogin, { organization: member.handle, device: aDevice().device });
      const attempt = async (change: object, challenge?: string) => {
        const { loginToken, passkeyOptions } = await begin();
        const twin = Object.assign(Object.create(Object.getPrototypeOf(passkey)) as SoftwareAuthenticator, passkey);
        Object.assign(twin, { options: { ...(passkey as unknown as { options: object }).options, ...change } });
        const assertion = twin.get({ ...passkeyOptions, ...(challenge ? { challenge } : {}) });
        passkey.signCount++;
        return codeOf(finish(world, loginToken, { kind: 'passkey', assertion }));
      };

      expect(await attempt({}, Buffer.alloc(32).toString('base64url'))).toBe('login_failed');
      expect(await attempt({ origin: 'https://evil.example' })).toBe('login_failed');
      expect(await attempt({ rpId: 'evil.example' })).toBe('login_failed');
      expect(await attempt({ verifiesUser: false })).toBe('login_failed');
      expect(await attempt({})).toBe('ok');
    });

    it('answers each challenge once, and is refused as a copy when its counter falls behind (A-35)', async () => {
      const member = await aMember(world, owner);
      const { passkey } = await addPasskey(world, member);
      const begin = () =>
        world.bus.request(beginPasskeyLogin, { organization: member.handle, device: aDevice().device });
      const first = await begin();
      const assertion = passkey.get(first.passkeyOptions ?? {});
      expect(await codeOf(finish(world, first.loginToken, { kind: 'passkey', assertion }))).toBe('ok');
      expect(await codeOf(finish(world, first.loginToken, { kind: 'passkey', assertion }))).toBe('login_failed');

      passkey.signCount = 0;
      const second = await begin();
      const stale = passkey.get(second.passkeyOptions ?? {});
      expect(await codeOf(finish(world, second.loginToken, { kind: 'passkey', assertion: stale }))).toBe(
        'login_failed',
      );
    });

    it('cannot be added with the answer to another person’s challenge, nor twice', async () => {
      const [alice, mallory] = [await aMember(world, owner), await aMember(world, owner)];
      const passkey = new SoftwareAuthenticator();
      const { registrationToken, options } = await world.bus.request(beginPasskey, {}, as(alice));
      const confirm = (by: Member, token: string, asked = options) =>
        codeOf(
          world.bus.request(
            confirmPasskey,
            { registrationToken: token, name: 'Key', attestation: passkey.create(asked) },
            as(by),
          ),
        );

      expect(await confirm(mallory, registrationToken)).toBe('passkey_refused');
      expect(await confirm(alice, registrationToken)).toBe('ok');
      expect(await confirm(alice, registrationToken)).toBe('passkey_refused');
      const again = await world.bus.request(beginPasskey, {}, as(mallory));
      expect(await confirm(mallory, again.registrationToken, again.options)).toBe('factor_exists');
    });

    it('is begun alike for an organization that does not exist (A-27)', async () => {
      const { device } = aDevice();
      const [real, made] = await Promise.all(
        [owner.handle, 'nobody-here'].map((organization) =>
          world.bus.request(beginPasskeyLogin, { organization, device }),
        ),
      );

      expect(Object.keys(made ?? {}).sort()).toEqual(Object.keys(real ?? {}).sort());
      expect(real?.loginToken).toMatch(new RegExp(`^@${owner.handle}\\.[\\w-]{43}$`));
      expect(made?.loginToken).toMatch(/^@nobody-here\.[\w-]{43}$/);
      const assertion = new SoftwareAuthenticator().get(made?.passkeyOptions ?? {});
      expect(await codeOf(finish(world, made?.loginToken ?? '', { kind: 'passkey', assertion }))).toBe('login_failed');
    });
  });

  describe('a policy that asks for more', () => {
    it('holds on every way in (A-25)', async () => {
      const { boss, newcomer } = await aNewcomer();
      const member = { ...newcomer, tokens: (await signIn(world, newcomer)).tokens };

      expect([newcomer.tokens.limitedTo, member.tokens.limitedTo]).toEqual(['factors', 'factors']);
      expect(await codeOf(world.bus.request(readMe, {}, as(newcomer)))).toBe('factor_enrolment_required');
      expect(await codeOf(world.bus.request(listFactors, {}, as(newcomer)))).toBe('ok');
      const proof = await refreshInput(newcomer.tokens, newcomer.on, world.clock.now());
      expect((await world.bus.request(refreshSession, proof)).limitedTo).toBe('factors');
      expect(await codeOf(login(boss))).toBe('factor_required');
    });

    it('ends a session that is left alone, or goes on, for longer than it says (A-38)', async () => {
      const boss = await anOrganization(world);
      const member = await aMember(world, boss);
      await demand(world, boss, { sessionIdleSeconds: 300, sessionAbsoluteSeconds: 600 });
      const refresh = async (tokens: Tokens) =>
        world.bus.request(refreshSession, await refreshInput(tokens, member.on, world.clock.now()));

      const idle = await signIn(world, member, member.on);
      world.clock.advance(301_000);
      expect(await codeOf(refresh(idle.tokens))).toBe('refresh_failed');
      let { tokens } = await signIn(world, member, member.on);
      for (let turn = 0; turn < 2; turn++) {
        world.clock.advance(250_000);
        tokens = await refresh(tokens);
      }
      world.clock.advance(110_000);
      expect(await codeOf(refresh(tokens))).toBe('refresh_failed');
    });

    it('ends a session that showed less at its next refresh (A-25)', async () => {
      const { member } = await aCarefulOrganization();

      const proof = await refreshInput(member.tokens, member.on, world.clock.now());
      expect(await codeOf(world.bus.request(refreshSession, proof))).toBe('refresh_failed');
    });

    it('ends a session whose factor it does not take any more at its next refresh (A-25)', async () => {
      const boss = await anOrganization(world);
      const [coded, plain] = [await aMember(world, boss), await aMember(world, boss)];
      const secret = await addTotp(world, coded);
      world.clock.advance(HALF_MINUTE);
      const shown = await stepUp(world, coded, { kind: 'totp', code: await codeNow(world, secret) });
      const refreshed = async ({ tokens, on }: Member) =>
        codeOf(world.bus.request(refreshSession, await refreshInput(tokens, on, world.clock.now())));

      await demand(world, boss, { allowedFactors: ['passkey'] });

      expect(await refreshed(shown)).toBe('refresh_failed');
      expect(await refreshed(plain)).toBe('ok');
      expect(await codeOf(demand(world, boss, { platforms: ['ios'] }))).toBe('would_lock_out');
    });

    it('may ask for what cannot be phished: then only a passkey will do', async () => {
      const { boss, member } = await aCarefulOrganization('phishing_resistant');

      expect((await unfinished(login(boss))).factors).toEqual(['passkey']);
      expect((await login(member)).limitedTo).toBe('factors');
    });

    it('lets a newcomer enrol one factor, and after it only who shows that one', async () => {
      const { newcomer } = await aNewcomer();
      const secret = await addTotp(world, newcomer);
      expect(await codeOf(addPasskey(world, newcomer))).toBe('step_up_required');
      world.clock.advance(HALF_MINUTE);

      const strong = await stepUp(world, newcomer, { kind: 'totp', code: await codeNow(world, secret) });

      expect(strong.tokens.limitedTo).toBeUndefined();
      expect(await codeOf(world.bus.request(readMe, {}, as(strong)))).toBe('ok');
      expect(await codeOf(world.bus.request(readMe, {}, as(newcomer)))).not.toBe('ok');
    });

    async function aNewcomer() {
      const boss = await anOrganization(world);
      const bossSecret = await addTotp(world, boss);
      world.clock.advance(HALF_MINUTE);
      const strong = await stepUp(world, boss, { kind: 'totp', code: await codeNow(world, bossSecret) });
      await demand(world, strong, { required: 'second_factor' });
      return { boss: strong, newcomer: await aMember(world, strong) };
    }

    it('is set by nobody who would lock themselves out, nor without showing who they are', async () => {
      const { boss } = await aNewcomer();
      const set = (policy: Parameters<typeof demand>[2]) => codeOf(demand(world, boss, policy));

      expect(await set({ required: 'phishing_resistant' })).toBe('would_lock_out');
      expect(await set({ required: 'second_factor', sessionIdleSeconds: 1 })).toBe('invalid_request');
      world.clock.advance(299_000);
      expect(await set({ required: 'second_factor' })).toBe('ok');
      expect(await codeOf(demand(world, boss, {}, newId()))).toBe('policy_subject_not_found');
    });
  });

  describe('showing once more who one is', () => {
    it('is asked for before a factor changes, and gives a new session in place of the old one (A-37, A-41)', async () => {
      const member = await aMember(world, owner);
      const { factor } = await addPasskey(world, member);
      world.clock.advance(4 * 60_000);
      const still = await stepUp(world, member);
      world.clock.advance(5 * 60_000 + 1_000);
      const aged = {
        ...still,
        tokens: await world.bus.request(refreshSession, await refreshInput(still.tokens, still.on, world.clock.now())),
      };
      const remove = (by: Member) =>
        codeOf(world.bus.request(removeFactor, { userId: member.tokens.userId, factorId: factor.id }, as(by)));

      expect(await remove(aged)).toBe('step_up_required');
      const fresh = await stepUp(world, aged);
      expect(fresh.tokens.sessionId).not.toBe(aged.tokens.sessionId);
      expect(await codeOf(world.bus.request(readMe, {}, as(aged)))).toBe('token_revoked');
      expect(await remove(fresh)).toBe('ok');
    });

    it('fails with a wrong password', async () => {
      const member = await aMember(world, owner);
      expect(await codeOf(stepUp(world, member, { kind: 'password', password: 'wrong horse battery staple' }))).toBe(
        'login_failed',
      );
    });
  });

  it('are found and removed by administrators too, and by nobody else (A-33)', async () => {
    const [member, other] = [await aMember(world, owner), await aMember(world, owner)];
    const secret = await addTotp(world, member);
    const { factor } = await addPasskey(world, member);
    const list = (by: Member, userId = member.tokens.userId) => world.bus.request(listFactorsOf, { userId }, as(by));
    const admin = await stepUp(world, owner);

    const listed = await list(admin);
    expect(listed).toEqual(await world.bus.request(listFactors, {}, as(member)));
    expect(JSON.stringify(listed)).not.toContain(secret);
    expect(await codeOf(list(other))).toBe('forbidden');
    const found = listed.items.find(({ kind }) => kind === 'passkey');
    const removal = { userId: member.tokens.userId, factorId: found?.id as never };

    expect(await codeOf(world.bus.request(removeFactor, removal, as(other)))).toBe('forbidden');
    expect(await codeOf(world.bus.request(removeFactor, removal, as(admin)))).toBe('ok');
    expect((await factsOf(world, 'factor.removed')).at(-1)).toMatchObject({
      actor: { kind: 'user', id: owner.tokens.userId },
      object: { id: factor.id },
    });
    expect(await codeOf(world.bus.request(createInvitation, {}, as(admin)))).toBe('ok');
    owner = admin;
  });

  /** Everything these tables hold, as an owner of the database would see it. */
  async function dumpOf({ main }: World, tables: string[]): Promise<string> {
    const client = new pg.Client({ connectionString: main.ownerUrl });
    await client.connect();
    try {
      const parts = await Promise.all(tables.map((table) => client.query(`SELECT t::text FROM ${table} t`)));
      return JSON.stringify(parts.map(({ rows }) => rows));
    } finally {
      await client.end();
    }
  }
});
