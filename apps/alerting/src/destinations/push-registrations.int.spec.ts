import { LIMITS, type PushTarget, putPushRegistration } from '@relais/contracts';
import { AppError, newId, type UserId } from '@relais/kernel';
import { rows } from '@relais/database';
import { DestinationsWorld, finalCodeOf } from '../../test/destinations-world.js';

const fcm = (token: string): PushTarget => ({ kind: 'fcm', token });
const keys = { p256dh: 'p'.repeat(87), auth: 'a'.repeat(22) };
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error).code,
  );

describe('where a device is woken', () => {
  let world: DestinationsWorld;
  let anna: UserId;

  beforeAll(async () => {
    world = await DestinationsWorld.open();
  });
  afterAll(() => world.close());
  beforeEach(() => {
    anna = world.person();
  });

  const put = (by: ReturnType<DestinationsWorld['device']>, target: PushTarget) =>
    world.pushes.put({ target, locale: 'de' }, by);
  const listOf = async (userId: UserId, organizationId = world.organizationId) =>
    (await world.pushes.list({}, world.device(userId, organizationId))).items;
  const targetsOf = async (userId: UserId) =>
    ((await world.destinations.of(world.organizationId, [userId], 'push')).get(userId) ?? []).map(
      ({ address }) => address,
    );

  it('is one place for each kind, the last it said', async () => {
    const phone = world.device(anna);
    await put(phone, fcm('token-of-before'));
    await put(phone, fcm('token-of-now'));
    await put(phone, { kind: 'web_push', endpoint: 'https://push.example/1', keys });

    expect((await listOf(anna)).map(({ kind }) => kind).toSorted()).toEqual(['fcm', 'web_push']);
    expect(await targetsOf(anna)).toContainEqual(fcm('token-of-now'));
    expect(await targetsOf(anna)).toHaveLength(2);
  });

  it('is not shown to others, who cannot remove it either, whatever device they have (A-01)', async () => {
    const mallory = world.person();
    const phone = world.device(anna);
    await put(phone, fcm('token-of-anna'));

    await world.pushes.remove({ kind: 'fcm' }, world.device(mallory));
    await world.pushes.remove({ kind: 'fcm' }, world.device(mallory, world.organizationId, phone.principal.deviceId));
    await world.pushes.remove({ kind: 'fcm' }, world.device(anna, world.otherId, phone.principal.deviceId));

    expect(await listOf(mallory)).toEqual([]);
    expect(await listOf(anna, world.otherId)).toEqual([]);
    expect(await listOf(anna)).toHaveLength(1);
    await world.pushes.remove({ kind: 'fcm' }, phone);
    expect(await listOf(anna)).toEqual([]);
  });

  it('belongs to who registered it last: an app that somebody else signs in to wakes nobody before them', async () => {
    const ben = world.person();
    await put(world.device(anna), fcm('token-of-a-shared-phone'));
    await put(world.device(ben), fcm('token-of-a-shared-phone'));

    expect([await listOf(anna), (await listOf(ben)).length]).toEqual([[], 1]);
  });

  it('is sealed, and never in the clear in the database or in a fact', async () => {
    await put(world.device(anna), fcm('token-that-is-secret'));

    const [row] = await world.ask<{ all: string }>(
      `SELECT string_agg(p::text, '') || (SELECT string_agg(o.data::text, '') FROM outbox o) AS all FROM push_registration p`,
    );
    expect(row?.all).toContain('push-registration.added');
    expect(row?.all).not.toContain('secret');
    expect(row?.all).not.toContain(Buffer.from('token-that-is-secret').toString('hex'));
  });

  it('is forgotten after 60 days without being renewed, and renewed by being put again', async () => {
    const [old, fresh] = [world.device(anna), world.device(anna)];
    await put(old, fcm('token-old'));
    await put(fresh, fcm('token-fresh'));
    await world.ask(`UPDATE push_registration SET renewed_at = now() - interval '61 days' RETURNING 1`);
    expect(await targetsOf(anna)).toEqual([]);

    await put(fresh, fcm('token-fresh'));
    const timer = { subject_id: world.organizationId, kind: 'push-expiry', step: 0, cycle: 0, stage: 0 };
    await world.db.within(world.organizationId, (tx) =>
      world.pushes.expire(tx, { organization_id: world.organizationId, ...timer }),
    );

    expect(await targetsOf(anna)).toEqual([fcm('token-fresh')]);
    expect(await world.ask(`SELECT 1 FROM push_registration p WHERE p.user_id = '${anna}'`)).toHaveLength(1);
  });

  it('is bounded: of very many devices at once so many are taken and not one more', async () => {
    const tries = Array.from({ length: LIMITS.pushRegistrations + 30 }, (_, at) => fcm(`token-number-${at}`));
    const codes = await Promise.all(
      tries.map((target) => {
        const device = world.device(anna);
        return finalCodeOf(() => put(device, target));
      }),
    );

    expect(codes.filter((code) => code === 'ok')).toHaveLength(LIMITS.pushRegistrations);
    expect(codes.filter((code) => code === 'too_many_registrations')).toHaveLength(30);
  });

  it.each([
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/x',
    'https://relais-postgres/x',
    'https://127.0.0.1:8080/x',
  ])('may not be %s, in our own network (A-56)', async (endpoint) => {
    expect(await codeOf(put(world.device(anna), { kind: 'unified_push', endpoint }))).toBe('forbidden_address');
  });

  it('is checked for its form before anything is done', () => {
    const parse = (target: object) => putPushRegistration.input.safeParse({ target }).success;

    expect(parse(fcm('x'.repeat(40)))).toBe(true);
    expect(parse(fcm('x'.repeat(5_000)))).toBe(false);
    expect(parse({ kind: 'apns', token: 'a'.repeat(64), environment: 'production' })).toBe(true);
    expect(parse({ kind: 'apns', token: '../etc', environment: 'production' })).toBe(false);
    expect(parse({ kind: 'web_push', endpoint: 'https://push.example/1' })).toBe(false);
    expect(parse({ kind: 'web_push', endpoint: 'http://push.example/1', keys })).toBe(false);
    expect(parse({ kind: 'unified_push', endpoint: 'ftp://push.example/1' })).toBe(false);
    expect(parse({ ...fcm('x'.repeat(40)), deviceId: newId() })).toBe(false);
  });

  it('ends with the device, and with the person; what is told twice changes nothing', async () => {
    const [phone, tablet] = [world.device(anna), world.device(anna)];
    await put(phone, fcm('token-of-phone'));
    await put(tablet, fcm('token-of-tablet'));
    const left = { id: newId<never>(), organizationId: world.organizationId, userId: anna };

    for (let twice = 0; twice < 2; twice++)
      await world.departures.device({ ...left, deviceId: phone.principal.deviceId });
    expect(await targetsOf(anna)).toEqual([fcm('token-of-tablet')]);
    for (let twice = 0; twice < 2; twice++) await world.departures.user(left);

    expect(await targetsOf(anna)).toEqual([]);
    const facts = await world.db.within(world.organizationId, (tx) =>
      rows(
        tx,
        `SELECT 1 FROM outbox o WHERE o.data ->> 'action' = 'push-registration.removed' AND o.data #>> '{object,id}' = $1`,
        [phone.principal.deviceId],
      ),
    );
    expect(facts).toHaveLength(1);
  });

  it('is subscribed to with the public key of the installation', async () => {
    expect(await world.pushes.readKey({}, world.device(anna))).toEqual({ vapidPublicKey: 'BPublicKey' });
  });
});
