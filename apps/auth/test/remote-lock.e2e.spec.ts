import {
  activateRemoteLock,
  deactivateRemoteLock,
  fetchRemoteSecret,
  listSecurityNotices,
  lockDevice,
  openSession,
  orderWipe,
  putPostureSource,
  readMe,
  refreshSession,
  removeDevice,
  setDeviceState,
  unlockDevice,
  updateUser,
} from '@relais/contracts';
import { newId } from '@relais/kernel';
import { signDeviceStatement } from '@relais/security';
import pg from 'pg';
import { Refusals } from '../src/facts/refusals.js';
import { as, demand } from './factors.js';
import { factsOf } from './facts.js';
import { aDevice, refreshInput, type TestDevice } from './person.js';
import { post, signed } from './posture.js';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

describe('the remote lock', () => {
  let world: World;
  let owner: Member;
  let member: Member;

  beforeAll(async () => {
    world = await startWorld({ organizations: 20 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    owner = await anOrganization(world);
    await demand(world, owner, { remoteLock: { graceHours: 12 } });
    member = await aMember(world, owner);
  });

  const activate = (one: Member) => world.bus.request(activateRemoteLock, {}, as(one));
  const fetch = async (one: Member, fetchToken: string, on: TestDevice = one.on, type = 'relais-remote-secret+jwt') => {
    const { deviceId } = one.tokens;
    const proof = await signDeviceStatement(on.privateKey, type, { dev: deviceId }, world.clock.now());
    return world.bus.request(fetchRemoteSecret, { fetchToken, deviceId, proof });
  };
  const deviceOf = ({ tokens: { userId, deviceId } }: Member) => ({ userId, deviceId });
  const lock = (one: Member, by = owner) => codeOf(world.bus.request(lockDevice, deviceOf(one), as(by)));
  const unlock = (one: Member, by = owner) => codeOf(world.bus.request(unlockDevice, deviceOf(one), as(by)));
  const isIn = (one: Member) => codeOf(world.bus.request(readMe, {}, as(one)));
  const login = ({ handle, person: { email, password }, on }: Member) =>
    codeOf(world.bus.request(openSession, { organization: handle, email, password, device: on.device }));

  it('is off unless the policy has it: by default a second channel needs no server', async () => {
    await demand(world, owner, {});

    expect(await codeOf(activate(member))).toBe('remote_lock_off');
    expect(await lock(member)).toBe('remote_lock_inactive');
  });

  it('gives the secret at every start, with the grace of the policy, until the device is locked', async () => {
    const { fetchToken, remoteSecret, graceSeconds } = await activate(member);
    expect(graceSeconds).toBe(12 * 3_600);
    expect(await fetch(member, fetchToken)).toMatchObject({ remoteSecret, graceSeconds });

    expect(await lock(member)).toBe('ok');

    expect(await codeOf(fetch(member, fetchToken))).toBe('remote_locked');
    expect(await isIn(member)).toBe('token_revoked');
    expect(await login(member)).toBe('device_suspended');
    await world.app.get(Refusals).settled();
    expect((await factsOf(world, 'remote-secret.withheld')).at(-1)).toMatchObject({
      ...{ actor: { id: member.tokens.deviceId }, outcome: 'refused', after: { code: 'remote_locked' } },
    });

    expect(await unlock(member)).toBe('ok');
    expect(await fetch(member, fetchToken)).toMatchObject({ remoteSecret });
    expect(await login(member)).toBe('ok');
    for (const action of ['device.locked', 'device.unlocked'])
      expect((await factsOf(world, action)).at(-1)).toMatchObject({ actor: { id: owner.tokens.userId } });
  });

  it('gives the secret to the device alone that has both the token and the key', async () => {
    const { fetchToken } = await activate(member);
    const other = await aMember(world, owner);
    const { fetchToken: theirs } = await activate(other);
    const rival = await anOrganization(world);
    const elsewhere = fetchToken.replace(member.tokens.organizationId, rival.tokens.organizationId);
    const unknown = [
      fetch(member, theirs),
      fetch(member, 'x'),
      fetch(member, elsewhere),
      fetch(member, fetchToken, other.on),
      fetch(member, fetchToken, member.on, 'relais-wipe-fetch+jwt'),
      fetch({ ...other }, fetchToken),
    ];
    for (const attempt of unknown) expect(await codeOf(attempt)).toBe('remote_secret_unknown');
    const old = await signDeviceStatement(
      member.on.privateKey,
      'relais-remote-secret+jwt',
      { dev: member.tokens.deviceId },
      new Date(world.clock.now().getTime() - 301_000),
    );
    const stale = { fetchToken, deviceId: member.tokens.deviceId, proof: old };
    expect(await codeOf(world.bus.request(fetchRemoteSecret, stale))).toBe('remote_secret_unknown');
    expect(await codeOf(fetch(member, fetchToken))).toBe('ok');
  });

  it('withholds the secret as well from who is suspended, put out, disabled, or to be wiped', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, () => aMember(world, owner)));
    const [suspended, gone, disabled, wiped] = people as [Member, Member, Member, Member];
    const tokens = new Map<Member, string>();
    for (const one of people) tokens.set(one, (await activate(one)).fetchToken);
    const start = (one: Member) => codeOf(fetch(one, String(tokens.get(one))));

    await world.bus.request(setDeviceState, { ...deviceOf(suspended), state: 'suspended' }, as(owner));
    await world.bus.request(removeDevice, { deviceId: gone.tokens.deviceId }, as(gone));
    await world.bus.request(updateUser, { userId: disabled.tokens.userId, state: 'disabled' }, as(owner));
    await world.bus.request(orderWipe, deviceOf(wiped), as(owner));

    expect(await start(suspended)).toBe('remote_locked');
    expect(await start(gone)).toBe('remote_secret_unknown');
    expect(await start(disabled)).toBe('remote_locked');
    expect(await start(wiped)).toBe('wipe_pending');
  });

  it('is set by its person from another device, who may take back their own lock and no other', async () => {
    await activate(member);
    const tablet = await signIn(world, member, aDevice('Tablet'));

    expect(await lock(member, tablet)).toBe('ok');
    expect(await unlock(member, tablet)).toBe('ok');
    expect(await lock(member, owner)).toBe('ok');
    expect(await unlock(member, tablet)).toBe('forbidden');
    expect(await lock(member, await aMember(world, owner))).toBe('forbidden');
    expect(await lock(member, await anOrganization(world))).toBe('device_not_found');
    const { items } = await world.bus.request(listSecurityNotices, {}, as(tablet));
    expect(items.slice(0, 3).map(({ kind }) => kind)).toEqual(['device_locked', 'device_unlocked', 'device_locked']);
  });

  it('is lifted only by who showed lately who they are, and lifts nothing else (A-41)', async () => {
    await activate(member);
    await lock(member);
    const source = await world.bus.request(
      putPostureSource,
      { sourceId: newId() as never, settings: { kind: 'json', name: 'MDM' } },
      as(owner),
    );
    const report = (compliant: boolean) =>
      post(world, owner, source, signed(world, String(source.key), { deviceId: member.tokens.deviceId, compliant }));
    await report(false);
    world.clock.advance(301_000);
    const tokens = await world.bus.request(
      refreshSession,
      await refreshInput(owner.tokens, owner.on, world.clock.now()),
    );
    expect(await unlock(member, { ...owner, tokens })).toBe('step_up_required');

    owner = await signIn(world, owner, owner.on);
    expect(await unlock(member)).toBe('ok');
    expect(await login(member)).toBe('device_suspended');
    await report(true);
    expect(await login(member)).toBe('ok');
  });

  it('is renewed and given up by the device, not while it is demanded', async () => {
    const first = await activate(member);
    const second = await activate(member);
    expect(second.remoteSecret).not.toBe(first.remoteSecret);
    expect(await codeOf(fetch(member, first.fetchToken))).toBe('remote_secret_unknown');
    expect(await codeOf(world.bus.request(deactivateRemoteLock, {}, as(member)))).toBe('remote_lock_required');

    await demand(world, owner, {});
    expect(await fetch(member, second.fetchToken)).toMatchObject({
      remoteSecret: second.remoteSecret,
      graceSeconds: 0,
    });
    expect(await codeOf(world.bus.request(deactivateRemoteLock, {}, as(member)))).toBe('ok');
    expect(await codeOf(fetch(member, second.fetchToken))).toBe('remote_secret_unknown');
    for (const action of ['remote-lock.activated', 'remote-lock.deactivated'])
      expect((await factsOf(world, action)).at(-1)).toMatchObject({ object: { id: member.tokens.deviceId } });
  });

  it('leaves neither secret nor token in the database or the facts', async () => {
    const { fetchToken, remoteSecret } = await activate(member);
    const client = new pg.Client({ connectionString: world.main.ownerUrl });
    await client.connect();
    const { rows } = await client.query(
      'SELECT r::text AS t FROM remote_secret r UNION ALL SELECT o.data::text FROM outbox o',
    );
    await client.end();

    const text = JSON.stringify(rows);
    expect(rows.length).toBeGreaterThan(1);
    for (const secret of [remoteSecret, fetchToken.split('.')[1] as string]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString('hex'));
      expect(text).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
    }
  });
});
