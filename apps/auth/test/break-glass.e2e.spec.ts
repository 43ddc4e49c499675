import { hash } from 'node:crypto';
import {
  BREAK_GLASS,
  breakGlassLogin,
  type BreakGlassUsed,
  breakGlassUsed,
  finishOidcLogin,
  beginOidcLogin,
  issueBreakGlass,
  listBreakGlass,
  openSession,
  putDirectory,
  putIdentityProvider,
  readMe,
  readOutageMode,
  refreshSession,
  revokeBreakGlass,
  setDeviceState,
  setOutageMode,
  startDirectoryRun,
  type Tokens,
  updateUser,
} from '@relais/contracts';
import { newId } from '@relais/kernel';
import { signDeviceStatement } from '@relais/security';
import { decodeJwt } from 'jose';
import { DirectoryRuns } from '../src/directory/directory-runs.js';
import { Refusals } from '../src/facts/refusals.js';
import { Housekeeping } from '../src/housekeeping.postgres.js';
import { addTotp, as, codeNow, demand, finish, stepUp, unfinished } from './factors.js';
import { factsOf } from './facts.js';
import { Browser, OidcProviderProcess, REDIRECT_URI } from './oidc-provider-process.js';
import { aDevice, refreshInput, type TestDevice } from './person.js';
import { ADMIN, PASSWORD, Slapd, SUFFIX } from '@relais/testing';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

const HOURS = 3_600_000;

interface Credential {
  id: string;
  secret: string;
  on: TestDevice;
}

describe('when everything else is down', () => {
  let world: World;
  let owner: Member;
  let member: Member;

  beforeAll(async () => {
    world = await startWorld({ organizations: 40 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    owner = await anOrganization(world);
    member = await aMember(world, owner);
  });

  const issue = async (whose: Member, validDays = 30): Promise<Credential> => {
    const { userId, deviceId } = whose.tokens;
    const { id, secret } = await world.bus.request(issueBreakGlass, { userId, deviceId, validDays }, as(owner));
    return { id, secret, on: whose.on };
  };
  const proofOf = ({ secret, on }: Credential, said: object = {}) =>
    signDeviceStatement(
      on.privateKey,
      BREAK_GLASS.statementType,
      { dev: on.device.id, sec: hash('sha256', secret, 'base64url'), ...said },
      world.clock.now(),
    );
  /** One that nobody has used: two in one second are the same. */
  const newProof = (credential: Credential, said: object = {}) => {
    world.clock.advance(1_000);
    return proofOf(credential, said);
  };
  const enter = async (credential: Credential, more: object = {}): Promise<Tokens> => {
    const proof = 'proof' in more ? more.proof : await newProof(credential);
    const { id: deviceId } = credential.on.device;
    return world.bus.request(breakGlassLogin, {
      ...{ organization: owner.handle, deviceId, secret: credential.secret, ...more },
      proof: proof as string,
    });
  };
  const outage = (on: boolean, by = owner) =>
    world.bus.request(setOutageMode, { on, reason: 'The data centre burns' }, as(by));
  const ask = ({ accessToken }: Tokens) => codeOf(world.bus.request(readMe, {}, { token: accessToken }));
  const uses = async () => {
    await world.app.get(Refusals).settled();
    return (await factsOf(world, 'break-glass.used')).filter(({ organizationId }) => organizationId === organization());
  };
  const organization = () => owner.tokens.organizationId;
  const alarms = async (): Promise<BreakGlassUsed[]> => {
    const found: { data: BreakGlassUsed }[] = await world.db.query(
      `SELECT o.data FROM outbox o WHERE o.subject = $1 AND o.data ->> 'organizationId' = $2`,
      [breakGlassUsed.subject, organization()],
    );
    return found.map(({ data }) => data);
  };

  describe('outage mode', () => {
    it('is off until somebody says why it is on, and everybody may know', async () => {
      expect(await world.bus.request(readOutageMode, {}, as(member))).toEqual({ on: false, automatic: true });

      await outage(true);
      expect(await world.bus.request(readOutageMode, {}, as(member))).toMatchObject({
        ...{ on: true, reason: 'The data centre burns', changedBy: owner.tokens.userId },
      });
      expect(await codeOf(outage(true, member))).toBe('forbidden');
      const facts = (await factsOf(world, 'outage-mode.changed')).filter(({ object }) => object.id === organization());
      expect(facts).toMatchObject([{ before: { on: false }, after: { on: true } }]);
    });

    it('is switched only by who has just shown who they are (A-41)', async () => {
      world.clock.advance(301_000);
      const { userId, deviceId } = member.tokens;
      const wanted = { userId, deviceId, validDays: 1 };

      const later = await later301();
      expect(await codeOf(outage(true, later))).toBe('step_up_required');
      expect(await codeOf(world.bus.request(issueBreakGlass, wanted, as(later)))).toBe('step_up_required');
    });

    /** The owner's session, refreshed: its token is good, what they showed is old. */
    const later301 = async (): Promise<Member> => {
      const wanted = await refreshInput(owner.tokens, owner.on, world.clock.now());
      return { ...owner, tokens: await world.bus.request(refreshSession, wanted) };
    };
  });

  describe('a credential', () => {
    it('lets its person in on its device while outage mode is on, with a fact and an event for the alarm', async () => {
      const credential = await issue(member);
      expect(await codeOf(enter(credential))).toBe('login_failed');

      await outage(true);
      const tokens = await enter(credential);
      expect(tokens.userId).toBe(member.tokens.userId);
      expect(decodeJwt(tokens.accessToken)['amr']).toEqual(['brk']);
      expect(await ask(tokens)).toBe('ok');
      const { userId, deviceId } = member.tokens;
      expect(await alarms()).toMatchObject([{ userId, deviceId, credentialId: credential.id, reason: 'outage_mode' }]);
      expect((await uses()).map(({ outcome, after }) => [outcome, after?.['reason']])).toEqual([
        ['refused', 'not_now'],
        ['done', 'outage_mode'],
      ]);
    });

    it('satisfies what the organization demands, as nothing else is left to show', async () => {
      const credential = await issue(member);
      await outage(true);
      const secret = await addTotp(world, owner);
      world.clock.advance(30_000);
      const strong = await stepUp(world, owner, { kind: 'totp', code: await codeNow(world, secret) });
      const twice = await stepUp(world, strong);
      await demand(world, twice, { required: 'second_factor' });

      expect((await enter(credential)).limitedTo).toBeUndefined();
    });

    it.each<[string, (credential: Credential) => Promise<unknown> | unknown]>([
      ['with another secret', (one) => enter({ ...one, secret: 'x'.repeat(43) })],
      ['with the key of another device', (one) => enter({ ...one, on: { ...aDevice(), device: one.on.device } })],
      ['on another device of the same person', async (one) => enter({ ...one, on: (await signIn(world, member)).on })],
      ['for another organization', (one) => enter(one, { organization: 'nobody-of-this-name' })],
      ['with a proof of nothing', (one) => enter(one, { proof: 'x' })],
      ['with a proof over another secret', async (one) => enter(one, { proof: await newProof(one, { sec: 'x' }) })],
      ['with a proof of another device', async (one) => enter(one, { proof: await newProof(one, { dev: newId() }) })],
      ['with an old proof', async (one) => enter(one, { proof: await old(one) })],
      ['with a proof for something else', async (one) => enter(one, { proof: await refreshProof(one) })],
      ['after it was revoked', async (one) => revoke(one).then(() => enter(one))],
      ['after it has run out', async (one) => later(31 * 24).then(() => enter(one))],
      ['of somebody who was disabled', async (one) => setState('disabled').then(() => enter(one))],
      ['on a device that was suspended', async (one) => suspend().then(() => enter(one))],
    ])('does not work %s, with the answer everybody gets', async (_, attempt) => {
      const credential = await issue(member);
      await outage(true);
      await enter(credential);

      const refusal = await Promise.resolve(attempt(credential)).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ kind: 'unauthenticated', code: 'login_failed', details: undefined });
      expect(await alarms()).toHaveLength(1);
    });

    const old = async (one: Credential) => {
      const proof = await newProof(one);
      world.clock.advance(301_000);
      return proof;
    };
    const refreshProof = async ({ secret, on }: Credential) => {
      world.clock.advance(1_000);
      return (await refreshInput({ ...member.tokens, refreshToken: secret }, on, world.clock.now())).proof;
    };
    const revoke = ({ id }: Credential) =>
      world.bus.request(revokeBreakGlass, { credentialId: id as never }, as(owner));
    const later = async (hours: number) => {
      for (let day = 0; day < hours / 24; day++) await world.passDays(1);
    };
    const setState = (state: 'disabled') =>
      world.bus.request(updateUser, { userId: member.tokens.userId, state }, as(owner));
    const suspend = () => {
      const { userId, deviceId } = member.tokens;
      return world.bus.request(setDeviceState, { userId, deviceId, state: 'suspended' }, as(owner));
    };

    it('takes each proof once (A-48), also of many at the same time', async () => {
      const credential = await issue(member);
      await outage(true);
      const proof = await proofOf(credential);
      const { secret, on } = credential;
      const input = { organization: owner.handle, deviceId: on.device.id, secret, proof };

      const codes = await Promise.all(
        Array.from({ length: 5 }, () => codeOf(world.bus.request(breakGlassLogin, input))),
      );

      expect(codes.sort()).toEqual([...Array<string>(4).fill('login_failed'), 'ok']);
      expect(await alarms()).toHaveLength(1);
    });

    it('is throttled for who has the device, and nobody else can lock its person out', async () => {
      const credential = await issue(member);
      await outage(true);
      const stranger = { ...credential, on: { ...aDevice(), device: credential.on.device } };
      for (let tries = 0; tries < 15; tries++) expect(await codeOf(enter(stranger))).toBe('login_failed');
      expect(await codeOf(enter(credential))).toBe('ok');

      const guess = { ...credential, secret: 'x'.repeat(43) };
      for (let tries = 0; tries < 10; tries++) expect(await codeOf(enter(guess))).toBe('login_failed');
      expect(await codeOf(enter(guess))).toBe('login_throttled');
    });

    it('is shown without its secret, bounded in number and time, and for a device in use alone', async () => {
      const credential = await issue(member);
      const { userId, deviceId } = member.tokens;
      const shown = await world.bus.request(listBreakGlass, { userId }, as(owner));
      expect(shown.items).toMatchObject([{ id: credential.id, userId, deviceId, issuedBy: owner.tokens.userId }]);
      expect(JSON.stringify(shown)).not.toContain(credential.secret);

      for (let more = 1; more < BREAK_GLASS.perPerson; more++) await issue(member);
      expect(await codeOf(issue(member))).toBe('too_many_credentials');
      const page = await world.bus.request(listBreakGlass, { userId, limit: 2 }, as(owner));
      expect(page.items).toHaveLength(2);
      expect(page.next).toBeDefined();
      expect(await codeOf(issue(owner, 366))).toBe('invalid_request');
      const other = { ...owner, tokens: { ...owner.tokens, deviceId } };
      expect(await codeOf(issue(other))).toBe('device_not_found');
    });

    it('of somebody above them is issued by nobody', async () => {
      const admin = await aMember(world, owner, 'admin');
      const { userId, deviceId } = owner.tokens;
      const wanted = { userId, deviceId, validDays: 1 };

      expect(await codeOf(world.bus.request(issueBreakGlass, wanted, as(admin)))).toBe('forbidden');
    });
  });

  it('a proof made and used otherwise like those that are refused is taken', async () => {
    const credential = await issue(member);
    await outage(true);
    await enter(credential);

    expect(await codeOf(enter(credential, { proof: await newProof(credential) }))).toBe('ok');
  });

  describe('the session it opens', () => {
    let tokens: Tokens;
    let credential: Credential;

    beforeEach(async () => {
      credential = await issue(member);
      await outage(true);
      tokens = await enter(credential);
    });

    const refresh = async () =>
      world.bus.request(refreshSession, await refreshInput(tokens, member.on, world.clock.now()));

    it('ends after eight hours, and no token of it lives longer', async () => {
      const opened = world.clock.now().getTime();
      world.clock.advance(8 * HOURS - 60_000);
      tokens = await refresh();
      const { exp = 0 } = decodeJwt(tokens.accessToken);
      expect(exp * 1_000).toBeLessThanOrEqual(opened + 8 * HOURS);

      world.clock.advance(61_000);
      expect(await codeOf(refresh())).toBe('refresh_failed');
    });

    it('is not made longer by showing something more', async () => {
      const opened = world.clock.now().getTime();
      const stepped = await stepUp(world, { ...member, tokens });
      expect(decodeJwt(stepped.tokens.accessToken)['amr']).toContain('brk');

      tokens = stepped.tokens;
      world.clock.advance(opened + 8 * HOURS + 1_000 - world.clock.now().getTime());
      expect(await codeOf(refresh())).toBe('refresh_failed');
    });

    it('ends with outage mode, and with the credential', async () => {
      await outage(false);
      expect(await codeOf(refresh())).toBe('refresh_failed');
      expect(await ask(tokens)).toBe('token_revoked');

      await outage(true);
      tokens = await enter(credential);
      await world.bus.request(revokeBreakGlass, { credentialId: credential.id as never }, as(owner));
      expect(await ask(tokens)).toBe('token_revoked');
      expect((await factsOf(world, 'break-glass.revoked')).map(({ object }) => object.id)).toContain(credential.id);
    });

    it('leaves nothing behind once it is over', async () => {
      world.clock.advance(8 * HOURS + 1_000);
      await world.app.get(Housekeeping).run();

      const [left] = await world.db.query<{ count: number }[]>(
        `SELECT count(*)::int AS count FROM session s WHERE s.ends_at IS NOT NULL`,
      );
      expect(left?.count).toBe(0);
    });
  });

  describe('with the identity provider and the directory taken away (T-22)', () => {
    let provider: OidcProviderProcess;
    let slapd: Slapd;
    let providerId: string;

    beforeEach(async () => {
      const ada = { email: 'p0@brigade.example', email_verified: true, name: 'Ada' };
      const ben = { email: 'ben@brigade.example', email_verified: true, name: 'Ben' };
      [provider, slapd] = await Promise.all([
        OidcProviderProcess.start({ ada, ben }),
        Slapd.start([{ uid: 'p0' }, { uid: 'p1' }], {}),
      ]);
      providerId = newId();
      await putProvider();
      const directoryId = newId();
      const settings = {
        ...{ name: 'AD', urls: [slapd.url], bindDn: ADMIN, bindPassword: PASSWORD, passwordLogin: true },
        people: { base: `ou=people,${SUFFIX}`, filter: '(objectClass=inetOrgPerson)' },
      };
      await world.bus.request(putDirectory, { directoryId: directoryId as never, settings }, as(owner));
      await world.bus.request(startDirectoryRun, { directoryId: directoryId as never }, as(owner));
      await world.app.get(DirectoryRuns).idle();
    });
    afterEach(async () => {
      await Promise.all([provider.kill(), slapd.stop()]);
    });

    const putProvider = (more: object = {}) =>
      world.bus.request(
        putIdentityProvider,
        {
          providerId: providerId as never,
          settings: {
            ...{ name: 'SSO', issuer: provider.issuer, clientId: 'relais', clientSecret: 'a secret of the client' },
            ...{ redirectUris: [REDIRECT_URI], mayCreatePeople: true, linksByEmail: true, ...more },
          },
        },
        as(owner),
      );
    const byProvider = async (who: string): Promise<Member> => {
      const on = aDevice();
      const wanted = { organization: owner.handle, providerId: providerId as never, redirectUri: REDIRECT_URI };
      const { loginToken, authorizationUrl } = await world.bus.request(beginOidcLogin, {
        ...wanted,
        device: on.device,
      });
      const callbackUrl = await new Browser().signIn(authorizationUrl, who);
      return { ...owner, on, tokens: await world.bus.request(finishOidcLogin, { loginToken, callbackUrl }) };
    };
    const byPassword = (uid: string, password = `secret-${uid}`) => {
      const email = `${uid}@brigade.example`;
      const { device } = aDevice();
      return world.bus.request(openSession, { organization: owner.handle, email, password, device });
    };

    it('somebody of the provider gets in by break-glass, and not while it answers', async () => {
      const ben = await byProvider('ben');
      const credential = await issue(ben);
      expect(await codeOf(enter(credential))).toBe('login_failed');

      await provider.kill();
      expect(await codeOf(enter(credential))).toBe('ok');
      expect(await alarms()).toMatchObject([{ userId: ben.tokens.userId, reason: 'sources_unreachable' }]);

      await provider.run();
      expect(await codeOf(enter(credential))).toBe('login_failed');
    });

    it('somebody of both gets in only when both are away', async () => {
      const ada = await byProvider('ada');
      const credential = await issue(ada);
      await provider.kill();
      expect(await codeOf(enter(credential))).toBe('login_failed');
      await provider.run();
      await slapd.kill();
      expect(await codeOf(enter(credential))).toBe('login_failed');

      await provider.kill();
      expect(await codeOf(enter(credential))).toBe('ok');
    });

    it('a provider that is switched off counts for nothing', async () => {
      const ben = await byProvider('ben');
      const credential = await issue(ben);
      await putProvider({ enabled: false });
      await provider.kill();

      expect(await codeOf(enter(credential))).toBe('login_failed');
    });

    it('somebody of neither gets in by outage mode alone', async () => {
      const credential = await issue(member);
      await Promise.all([provider.kill(), slapd.kill()]);
      expect(await codeOf(enter(credential))).toBe('login_failed');

      await outage(true);
      expect(await codeOf(enter(credential))).toBe('ok');
    });

    it('the last right password of the directory still works, with the second factor that is asked for', async () => {
      const p1: Member = { ...owner, tokens: await byPassword('p1') };
      const secret = await addTotp(world, p1);
      const ownersSecret = await addTotp(world, owner);
      world.clock.advance(30_000);
      const totp = { kind: 'totp', code: await codeNow(world, ownersSecret) } as const;
      const strong = await stepUp(world, await stepUp(world, owner, totp));
      await demand(world, strong, { required: 'second_factor' });
      await Promise.all([provider.kill(), slapd.kill()]);

      const { loginToken } = await unfinished(byPassword('p1'));
      const code = await codeNow(world, secret);
      expect(await codeOf(finish(world, loginToken, { kind: 'totp', code }))).toBe('ok');
      expect(await codeOf(byPassword('p1', 'another password'))).toBe('login_failed');
      expect(await codeOf(byPassword('p0'))).toBe('login_failed');
    });

    it('sessions go on: nobody asks a provider to refresh one', async () => {
      const ben = await byProvider('ben');
      await Promise.all([provider.kill(), slapd.kill()]);

      const wanted = await refreshInput(ben.tokens, ben.on, world.clock.now());
      expect(await codeOf(world.bus.request(refreshSession, wanted))).toBe('ok');
    });
  });
});
