import {
  deletePostureSource,
  listPostureSources,
  openSession,
  putPostureSource,
  readMe,
  refreshSession,
  SESSION_REVOKED,
  setDeviceState,
} from '@relais/contracts';
import { withOrganization } from '@relais/database';
import { newId } from '@relais/kernel';
import { SignJWT } from 'jose';
import { Housekeeping } from '../src/housekeeping.postgres.js';
import { Refusals } from '../src/facts/refusals.js';
import { as } from './factors.js';
import { factsOf } from './facts.js';
import { refreshInput } from './person.js';
import { AUDIENCE, aTransmitter, claimsOf, ISSUER, post, publish, push, signed, type Transmitter } from './posture.js';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

describe('what device management says of devices', () => {
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

  const put = (settings: object, more: object = {}) =>
    world.bus.request(
      putPostureSource,
      { sourceId: newId() as never, settings: settings as never, ...more },
      as(owner),
    );
  const caep = async (transmitter: Transmitter) =>
    put({ kind: 'caep', name: 'MDM', issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [transmitter.jwk] } });
  const json = async () => {
    const source = await put({ kind: 'json', name: 'Intune' });
    return { ...source, key: source.key as string };
  };
  const isIn = (one: Member) => codeOf(world.bus.request(readMe, {}, as(one)));
  const login = ({ handle, person: { email, password }, on }: Member) =>
    codeOf(world.bus.request(openSession, { organization: handle, email, password, device: on.device }));
  const opaque = ({ tokens }: Member) => ({ format: 'opaque', id: tokens.deviceId });
  const set = (transmitter: Transmitter, status: string, more: Record<string, unknown> = {}) =>
    transmitter.sign(claimsOf(world, opaque(member), status, more));
  const stateChanges = async () =>
    (await factsOf(world, 'device.state-changed')).filter(({ object }) => object.id === member.tokens.deviceId);

  describe('as a security event token (RFC 8417, RFC 8935, CAEP)', () => {
    it('puts a device that is not compliant out at once, and lets it in again when it is', async () => {
      const transmitter = await aTransmitter();
      const source = await caep(transmitter);

      expect(await codeOf(push(world, owner, source, await set(transmitter, 'not-compliant')))).toBe('ok');
      expect(await isIn(member)).toBe('token_revoked');
      const proof = await refreshInput(member.tokens, member.on, world.clock.now());
      expect(await codeOf(world.bus.request(refreshSession, proof))).toBe('refresh_failed');
      expect(await login(member)).toBe('device_suspended');

      world.clock.advance(1_000);
      expect(await codeOf(push(world, owner, source, await set(transmitter, 'compliant')))).toBe('ok');
      expect(await login(member)).toBe('ok');
      const actor = { kind: 'posture_source', id: source.id };
      expect(await stateChanges()).toMatchObject([
        { actor, before: { state: 'active' }, after: { state: 'suspended', reason: 'posture' } },
        { actor, before: { state: 'suspended' }, after: { state: 'active', reason: 'posture' } },
      ]);
    });

    it('lifts no suspension but its own, and nobody but an administrator lifts that', async () => {
      const transmitter = await aTransmitter('RS256');
      const source = await caep(transmitter);
      const { userId, deviceId } = member.tokens;
      const state = (to: 'active' | 'suspended', by: Member) =>
        codeOf(world.bus.request(setDeviceState, { userId, deviceId, state: to }, as(by)));
      expect(await state('suspended', owner)).toBe('ok');

      await push(world, owner, source, await set(transmitter, 'compliant'));
      expect(await login(member)).toBe('device_suspended');

      expect(await state('active', owner)).toBe('ok');
      world.clock.advance(1_000);
      await push(world, owner, source, await set(transmitter, 'not-compliant'));
      const tablet = await aMember(world, owner);
      expect(await state('active', tablet)).toBe('forbidden');
      expect(await state('active', owner)).toBe('ok');
      expect(await login(member)).toBe('ok');
    });

    it('is acknowledged and without effect when it comes again, and when a later word is known', async () => {
      const transmitter = await aTransmitter();
      const source = await caep(transmitter);
      const iat = Math.floor(world.clock.now().getTime() / 1_000);
      const late = await set(transmitter, 'not-compliant', { iat: iat - 60 });
      const bad = await set(transmitter, 'not-compliant');
      await push(world, owner, source, bad);
      world.clock.advance(2_000);
      await push(world, owner, source, await set(transmitter, 'compliant'));

      expect(await codeOf(push(world, owner, source, bad))).toBe('ok');
      expect(await codeOf(push(world, owner, source, late))).toBe('ok');

      expect(await login(member)).toBe('ok');
      expect(await stateChanges()).toHaveLength(2);
      const jti = newId();
      await push(world, owner, source, await set(transmitter, 'compliant', { jti }));
      expect(await codeOf(push(world, owner, source, await set(transmitter, 'not-compliant', { jti })))).toBe(
        'set_invalid_request',
      );
      expect(await isIn(member)).not.toBe('ok');
    });

    it('counts once of twenty that come at the same time (A-07)', async () => {
      const transmitter = await aTransmitter();
      const source = await caep(transmitter);
      const token = await set(transmitter, 'not-compliant');

      const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(push(world, owner, source, token))));

      expect(new Set(codes)).toEqual(new Set(['ok']));
      expect(await stateChanges()).toHaveLength(1);
    });

    it('is refused in the words of RFC 8935 when issuer, audience, key, time, type or content is wrong (A-46)', async () => {
      const transmitter = await aTransmitter();
      const source = await caep(transmitter);
      const stranger = await aTransmitter();
      const imposter = await aTransmitter('ES256', transmitter.jwk.kid as string);
      const iat = Math.floor(world.clock.now().getTime() / 1_000);
      const claims = (more: Record<string, unknown> = {}) => claimsOf(world, opaque(member), 'not-compliant', more);
      const unsigned = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
      const none = `${unsigned({ alg: 'none', typ: 'secevent+jwt' })}.${unsigned(claims())}.`;
      const confused = await new SignJWT(claims())
        .setProtectedHeader({ alg: 'HS256', typ: 'secevent+jwt', kid: transmitter.jwk.kid as string })
        .sign(Buffer.from(JSON.stringify(transmitter.jwk)));
      const wrong: [string, string][] = [
        [await transmitter.sign(claims({ iss: 'https://other.example/' })), 'set_invalid_issuer'],
        [await transmitter.sign(claims({ aud: 'somebody else' })), 'set_invalid_audience'],
        [await stranger.sign(claims()), 'set_invalid_key'],
        [await imposter.sign(claims()), 'set_authentication_failed'],
        [none, 'set_authentication_failed'],
        [confused, 'set_authentication_failed'],
        [await transmitter.sign(claims(), { typ: 'JWT' }), 'set_invalid_request'],
        [await transmitter.sign(claims({ iat: iat - 86_500 })), 'set_invalid_request'],
        [await transmitter.sign(claims({ iat: iat + 400 })), 'set_invalid_request'],
        [await transmitter.sign(claims({ exp: iat + 600 })), 'set_invalid_request'],
        [await transmitter.sign(claims({ jti: undefined })), 'set_invalid_request'],
        [
          await transmitter.sign(claims({ sub_id: { format: 'email', email: 'a@example.org' } })),
          'set_invalid_request',
        ],
        [await transmitter.sign(claimsOf(world, opaque(member), 'unknown')), 'set_invalid_request'],
        ['not a token', 'set_invalid_request'],
      ];

      for (const [token, code] of wrong)
        expect([token, await codeOf(push(world, owner, source, token))]).toEqual([token, code]);
      const refusal: unknown = await push(world, owner, source, wrong[0]?.[0] as string).catch((e: unknown) => e);
      expect(refusal).toMatchObject({ details: { err: 'invalid_issuer', description: expect.any(String) as string } });
      expect(await isIn(member)).toBe('ok');
      await world.app.get(Refusals).settled();
      expect((await factsOf(world, 'posture.reported')).at(-1)).toMatchObject({ outcome: 'refused' });
    });

    it('is nothing to another organization, nor to a source that was deleted', async () => {
      const transmitter = await aTransmitter();
      const source = await caep(transmitter);
      const rival = await anOrganization(world);

      expect(await codeOf(push(world, rival, source, await set(transmitter, 'not-compliant')))).toBe(
        'set_authentication_failed',
      );
      expect(await codeOf(world.bus.request(deletePostureSource, { sourceId: source.id }, as(rival)))).toBe(
        'posture_source_not_found',
      );
      await world.bus.request(deletePostureSource, { sourceId: source.id }, as(owner));
      expect(await codeOf(push(world, owner, source, await set(transmitter, 'not-compliant')))).toBe(
        'set_authentication_failed',
      );
      expect(await isIn(member)).toBe('ok');
    });

    it('is taken in every form a subject has, and acknowledged when the event or the device is none of ours', async () => {
      const transmitter = await aTransmitter();
      const source = await caep(transmitter);
      const { deviceId } = member.tokens;
      const forms: unknown[] = [
        { format: 'opaque', id: deviceId },
        { format: 'iss_sub', iss: ISSUER, sub: deviceId.toUpperCase() },
        { format: 'uri', uri: `urn:uuid:${deviceId}` },
      ];
      for (const sub_id of forms) {
        world.clock.advance(1_000);
        await push(world, owner, source, await set(transmitter, 'not-compliant', { sub_id }));
        expect(await login(member)).toBe('device_suspended');
        world.clock.advance(1_000);
        await push(world, owner, source, await set(transmitter, 'compliant', { sub_id }));
        expect(await login(member)).toBe('ok');
      }
      const verification = { 'https://schemas.openid.net/secevent/ssf/event-type/verification': { state: 'x' } };
      expect(await codeOf(push(world, owner, source, await set(transmitter, '', { events: verification })))).toBe('ok');
      const unknown = await transmitter.sign(claimsOf(world, { format: 'opaque', id: 'serial-1' }, 'not-compliant'));
      expect(await codeOf(push(world, owner, source, unknown))).toBe('ok');
    });

    it('ends the sessions of a device or a person, who may sign in again', async () => {
      const transmitter = await aTransmitter();
      const source = await caep(transmitter);
      const tablet = await signIn(world, member);
      const revoked = (sub_id: unknown) =>
        set(transmitter, '', { sub_id, events: { [SESSION_REVOKED]: { initiating_entity: 'policy' } } });

      const said = await revoked({ format: 'complex', device: { format: 'opaque', id: tablet.tokens.deviceId } });
      await push(world, owner, source, said);
      expect([await isIn(tablet), await isIn(member)]).toEqual(['token_revoked', 'ok']);
      const again = await signIn(world, member, tablet.on);
      await push(world, owner, source, said);
      expect(await isIn(again)).toBe('ok');

      await push(world, owner, source, await revoked({ format: 'email', email: member.person.email.toUpperCase() }));
      expect([await isIn(again), await isIn(member)]).toEqual(['token_revoked', 'token_revoked']);
      expect(await isIn(owner)).toBe('ok');
      expect((await factsOf(world, 'session.revoked')).map(({ object }) => object.kind)).toEqual(['device', 'user']);
      expect(await codeOf(revoked({ format: 'x' }).then((body) => push(world, owner, source, body)))).toBe(
        'set_invalid_request',
      );
    });

    it('is verified with keys read from an address: cached, read anew for a new key, never through a redirect', async () => {
      const [first, second] = [await aTransmitter(), await aTransmitter()];
      let keys = [first.jwk];
      const site = await publish(() => ({ keys }));
      const settings = { kind: 'caep', name: 'MDM', issuer: ISSUER, audience: AUDIENCE };
      const source = await put({ ...settings, jwksUrl: site.url });
      for (let count = 0; count < 3; count++)
        expect(await codeOf(push(world, owner, source, await set(first, 'compliant')))).toBe('ok');
      expect(site.asked()).toBe(1);

      keys = [second.jwk];
      expect(await codeOf(push(world, owner, source, await set(second, 'compliant')))).toBe('set_invalid_key');
      world.clock.advance(31_000);
      expect(await codeOf(push(world, owner, source, await set(second, 'compliant')))).toBe('ok');
      expect(site.asked()).toBe(2);

      const elsewhere = await publish(() => ({ redirect: site.url }));
      const huge = await publish(() => ({ bytes: 70_000 }));
      for (const { url } of [elsewhere, huge]) {
        const other = await put({ ...settings, jwksUrl: url });
        expect(await codeOf(push(world, owner, other, await set(second, 'compliant')))).toBe('keys_unavailable');
      }
      for (const one of [site, elsewhere, huge]) one.close();
      expect(await codeOf(put({ ...settings, jwksUrl: 'http://mdm.example/jwks' }))).toBe('invalid_request');
      expect(await codeOf(put(settings))).toBe('invalid_request');
    });
  });

  describe('as signed JSON', () => {
    it('puts a device out and lets it in again', async () => {
      const source = await json();
      const deviceId = member.tokens.deviceId;

      expect(await codeOf(post(world, owner, source, signed(world, source.key, { deviceId, compliant: false })))).toBe(
        'ok',
      );
      expect(await isIn(member)).toBe('token_revoked');
      expect(await login(member)).toBe('device_suspended');
      expect(await codeOf(post(world, owner, source, signed(world, source.key, { deviceId, compliant: true })))).toBe(
        'ok',
      );
      expect(await login(member)).toBe('ok');
    });

    it('is refused when it comes again, is old, or was signed with another key or over another body', async () => {
      const source = await json();
      const report = { deviceId: member.tokens.deviceId, compliant: true };
      const good = signed(world, source.key, report);
      const nowSeconds = world.clock.now().getTime() / 1_000;
      const send = (said: ReturnType<typeof signed>) => codeOf(post(world, owner, source, said));

      expect(await send(good)).toBe('ok');
      expect(await send(good)).toBe('posture_replayed');
      expect(await send(signed(world, source.key, report, nowSeconds - 400))).toBe('posture_refused');
      expect(await send(signed(world, source.key, report, nowSeconds + 400))).toBe('posture_refused');
      expect(await send(signed(world, 'x'.repeat(43), report))).toBe('posture_refused');
      expect(await send({ ...good, body: JSON.stringify({ ...report, compliant: false }) })).toBe('posture_refused');
      expect(await send({ ...good, timestamp: String(Number(good.timestamp) + 1) })).toBe('posture_refused');
      expect(await send({ ...good, signature: 'v1=00' })).toBe('posture_refused');
      expect(await send(signed(world, source.key, { compliant: true }))).toBe('posture_invalid');
      expect(await isIn(member)).toBe('ok');
      const rival = await anOrganization(world);
      expect(await codeOf(post(world, rival, source, signed(world, source.key, report)))).toBe('posture_refused');
    });

    it('has a key that is shown once and can be renewed', async () => {
      const source = await json();
      const again = await put({ kind: 'json', name: 'Jamf' }, { sourceId: source.id });
      const renewed = await put({ kind: 'json', name: 'Jamf' }, { sourceId: source.id, renewKey: true });
      const report = { deviceId: member.tokens.deviceId, compliant: true };

      expect(again.key).toBeUndefined();
      expect(renewed.key).not.toBe(source.key);
      expect(await codeOf(post(world, owner, source, signed(world, source.key, report)))).toBe('posture_refused');
      expect(await codeOf(post(world, owner, source, signed(world, String(renewed.key), report)))).toBe('ok');
      const { items } = await world.bus.request(listPostureSources, {}, as(owner));
      expect(items).toEqual([
        {
          ...{ id: source.id, settings: { kind: 'json', name: 'Jamf' }, createdAt: source.createdAt },
          path: `/v1/posture/${owner.tokens.organizationId}/${source.id}/reports`,
        },
      ]);
      expect(JSON.stringify(await world.db.query('SELECT * FROM outbox'))).not.toContain(renewed.key);
    });
  });

  it('comes from sources that only administrators connect, who showed lately who they are (A-41)', async () => {
    expect(
      await codeOf(
        world.bus.request(
          putPostureSource,
          { sourceId: newId() as never, settings: { kind: 'json', name: 'x' } },
          as(member),
        ),
      ),
    ).toBe('forbidden');
    world.clock.advance(301_000);
    const tokens = await world.bus.request(
      refreshSession,
      await refreshInput(owner.tokens, owner.on, world.clock.now()),
    );
    owner = { ...owner, tokens };
    expect(await codeOf(put({ kind: 'json', name: 'x' }))).toBe('step_up_required');
  });

  it('is remembered for as long as it could be said again', async () => {
    const source = await json();
    await post(world, owner, source, signed(world, source.key, { deviceId: member.tokens.deviceId, compliant: true }));
    const receipts = () =>
      withOrganization(world.db, owner.tokens.organizationId, async (tx) => {
        const [found] = await tx.query<{ n: number }[]>('SELECT count(*)::int AS n FROM posture_receipt');
        return found?.n;
      });

    expect(await receipts()).toBe(1);
    await world.passDays(1);
    await world.app.get(Housekeeping).run();
    expect(await receipts()).toBe(1);
    await world.passDays(1.1);
    await world.app.get(Housekeeping).run();
    expect(await receipts()).toBe(0);
  });
});
