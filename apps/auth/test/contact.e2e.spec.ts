import {
  acceptInvitation,
  addPoolUser,
  checkContacts,
  classifyContacts,
  contactsChanged,
  createBot,
  createInvitation,
  createPool,
  deleteContactCell,
  deleteRegistrationEntry,
  explainContact,
  listRegistrationEntries,
  listUsers,
  type ContactMode,
  putContactCell,
  putRegistrationEntry,
  readContactPolicy,
  refreshSession,
  removePoolUser,
  resolveUsers,
  setBotAudience,
  setContactPolicy,
  updateUser,
} from '@relais/contracts';
import { withOrganization } from '@relais/database';
import { newId, type PoolId, type UserId } from '@relais/kernel';
import { Refusals } from '../src/facts/refusals.js';
import { factsOf } from './facts.js';
import { aDevice, aPerson, refreshInput } from './person.js';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

const as = ({ tokens }: Member) => ({ token: tokens.accessToken });
const idOf = ({ tokens }: Member): UserId => tokens.userId;
const ALL = { see: true, message: true, alarm: true };

describe('who may meet whom', () => {
  let world: World;
  let owner: Member;
  let anna: Member;
  let ben: Member;
  let cleo: Member;
  const [north, south] = [newId<PoolId>(), newId<PoolId>()] as const;

  const setMode = (mode: ContactMode, by = owner) => world.bus.request(setContactPolicy, { mode }, as(by));
  const check = (by: Member, verb: 'see' | 'message' | 'alarm' = 'message') =>
    world.bus.request(checkContacts, { userIds: [owner, anna, ben, cleo].map(idOf), verb }, as(by));
  const listed = async (by: Member) => (await world.bus.request(listUsers, {}, as(by))).items.map(({ id }) => id);
  const found = async (by: Member, search: string) =>
    (await world.bus.request(listUsers, { search }, as(by))).items.map(({ id }) => id);
  const explain = (from: Member, to: Member, by = owner, verb: 'see' | 'message' | 'alarm' = 'message') =>
    world.bus.request(explainContact, { from: idOf(from), to: idOf(to), verb }, as(by));
  const join = (poolId: PoolId, member: Member) =>
    world.bus.request(addPoolUser, { poolId, userId: idOf(member) }, as(owner));
  const leave = (poolId: PoolId, member: Member) =>
    world.bus.request(removePoolUser, { poolId, userId: idOf(member) }, as(owner));
  const told = async () => {
    const rows: { data: { affected: unknown } }[] = await world.db.query(
      'SELECT o.data FROM outbox o WHERE o.subject = $1 ORDER BY o.position',
      [contactsChanged.subject],
    );
    return rows.map(({ data }) => data.affected);
  };

  /** Anna and Cleo are in the north, Ben is in the south, and nobody but the owner is in the pool where all began. */
  beforeAll(async () => {
    world = await startWorld({ organizations: 3 });
    owner = await anOrganization(world);
    [anna, ben, cleo] = [await aMember(world, owner), await aMember(world, owner), await aMember(world, owner)];
    for (const id of [north, south]) await world.bus.request(createPool, { id, name: id }, as(owner));
    const { items } = await world.bus.request(listUsers, {}, as(owner));
    const [first] = items.find(({ id }) => id === idOf(anna))?.poolIds ?? [];
    for (const [pool, member] of [
      [north, anna],
      [south, ben],
      [north, cleo],
    ] as const) {
      await join(pool, member);
      await leave(first as PoolId, member);
    }
  });
  afterAll(() => world.close());
  afterEach(() => setMode('open'));

  it('is everybody as long as nobody says otherwise', async () => {
    expect(await check(anna)).toEqual({
      ...{ allowed: [owner, anna, ben, cleo].map(idOf), refused: [], hasBarriers: false },
    });
    expect(new Set(await listed(anna))).toEqual(new Set([owner, anna, ben, cleo].map(idOf)));
  });

  it('shows and answers for those of the own pools only, and tells of others nothing, not even that they are (A-62)', async () => {
    await setMode('pools');
    const nobody = newId<UserId>();

    expect(await listed(anna)).toEqual([anna, cleo].map(idOf));
    expect(await check(anna)).toEqual({ allowed: [anna, cleo].map(idOf), refused: [], hasBarriers: true });
    const resolved = await world.bus.request(resolveUsers, { userIds: [idOf(ben), nobody, idOf(cleo)] }, as(anna));
    expect(resolved.userIds).toEqual([idOf(cleo)]);
    expect(new Set(await listed(owner))).toEqual(new Set([owner, anna, ben, cleo].map(idOf)));
    expect((await check(owner, 'alarm')).allowed).toHaveLength(4);
  });

  it('lets nobody be found by name whom one may not see, nor by the first letters of it (R-T8, A-62)', async () => {
    const name = 'Benedikt Barrier';
    await world.bus.request(updateUser, { userId: idOf(ben), displayName: name }, as(owner));
    const open = [await found(anna, name), await found(anna, 'be')];
    await setMode('pools');

    expect(open).toEqual([[idOf(ben)], [idOf(ben)]]);
    expect([await found(anna, name), await found(anna, 'be')]).toEqual([[], []]);
    expect([await found(ben, name), await found(owner, name)]).toEqual([[idOf(ben)], [idOf(ben)]]);

    await setMode('matrix');
    const key = { fromPoolId: north, toPoolId: south };
    await world.bus.request(putContactCell, { ...key, see: true, message: false, alarm: false }, as(owner));
    expect(await found(anna, name)).toEqual([idOf(ben)]);
    await world.bus.request(deleteContactCell, key, as(owner));
    expect(await found(anna, name)).toEqual([]);
    await setMode('closed');
    expect(await found(anna, name)).toEqual([]);
  });

  it('is what the table of pools says, in one direction each', async () => {
    await setMode('matrix');
    const cell = { fromPoolId: north, toPoolId: south, see: true, message: false, alarm: true };
    await world.bus.request(putContactCell, cell, as(owner));

    expect(await check(anna)).toEqual({
      ...{
        allowed: [anna, cleo].map(idOf),
        refused: [{ userId: idOf(ben), rule: 'not_in_matrix' }],
        hasBarriers: true,
      },
    });
    expect((await check(anna, 'alarm')).allowed).toContain(idOf(ben));
    expect(await listed(anna)).toContain(idOf(ben));
    expect(await listed(ben)).toEqual([idOf(ben)]);
    expect(await world.bus.request(readContactPolicy, {}, as(owner))).toMatchObject({ mode: 'matrix', cells: [cell] });

    const key = { fromPoolId: north, toPoolId: south };
    await world.bus.request(deleteContactCell, key, as(owner));
    expect(await listed(anna)).not.toContain(idOf(ben));
    expect(await codeOf(world.bus.request(deleteContactCell, key, as(owner)))).toBe('cell_not_found');
  });

  it('is owners and administrators in a closed organization', async () => {
    await setMode('closed');

    expect(await check(anna)).toMatchObject({ allowed: [owner, anna].map(idOf), refused: [] });
    expect(await listed(ben)).toEqual([owner, ben].map(idOf));
  });

  it('leaves bots to those they were granted to', async () => {
    const { id: botId } = await world.bus.request(
      createBot,
      { displayName: 'Weather', scopes: [], publicKey: aDevice().device.publicKey },
      as(owner),
    );
    await world.bus.request(setBotAudience, { botId, audience: [{ poolId: north }] }, as(owner));
    await setMode('closed');
    const ask = (by: Member) => world.bus.request(checkContacts, { userIds: [botId] }, as(by));

    expect((await ask(anna)).allowed).toEqual([botId]);
    expect(await ask(ben)).toMatchObject({ allowed: [], refused: [] });
    expect(await listed(anna)).toContain(botId);
  });

  it('is explained with the rule and the pools, to those who see the details of both', async () => {
    await setMode('matrix');

    expect(await explain(anna, cleo)).toEqual({
      ...{ allowed: true, rule: 'shared_pool', mode: 'matrix' },
      pools: { from: [north], to: [north], decisive: { from: north, to: north } },
      says: 'The first person may message the second: they are in the same pool.',
    });
    expect(await explain(anna, ben)).toMatchObject({ allowed: false, rule: 'not_in_matrix' });
    expect(await explain(owner, ben, owner, 'alarm')).toMatchObject({ allowed: true, rule: 'administrator' });
    expect(await codeOf(explain(anna, cleo, anna))).toBe('forbidden');
    const stranger = await anOrganization(world);
    expect(await codeOf(explain(anna, stranger))).toBe('user_not_found');
  });

  it('says of someone who was put out that they are not active', async () => {
    await world.bus.request(updateUser, { userId: idOf(cleo), state: 'disabled' }, as(owner));

    expect(await explain(anna, cleo)).toMatchObject({ allowed: false, rule: 'not_active' });
    expect((await check(anna)).allowed).not.toContain(idOf(cleo));
    await world.bus.request(updateUser, { userId: idOf(cleo), state: 'active' }, as(owner));
    cleo = await signIn(world, cleo);
  });

  it('sorts people into classes that may not share a conversation', async () => {
    await setMode('pools');
    const { organizationId } = owner.tokens;
    const [first, second] = [
      await world.bus.request(classifyContacts, { organizationId, userIds: [anna, cleo].map(idOf) }),
      await world.bus.request(classifyContacts, { organizationId, userIds: [newId<UserId>()] }),
    ];
    const more = await world.bus.request(classifyContacts, {
      ...{ organizationId, userIds: [ben, owner].map(idOf), known: first.classes },
    });

    expect(first).toMatchObject({ hasBarriers: true, classOf: [0, 0], apart: [[]] });
    expect(second.classOf).toEqual([-1]);
    expect(more).toMatchObject({ classOf: [1, 2], apart: [[1], [0], []] });
  });

  it('answers for as many people in one question as may be added at once', async () => {
    await setMode('pools');
    const userIds = [...Array.from({ length: 500 }, () => newId<UserId>()), idOf(cleo)];

    expect(await world.bus.request(checkContacts, { userIds }, as(anna))).toMatchObject({ allowed: [idOf(cleo)] });
  });

  it('is said by administrators only, freshly signed in, about pools there are', async () => {
    const { bus, clock } = world;
    const cell = { fromPoolId: north, toPoolId: south, ...ALL };
    const put = (more: object, by = owner) => codeOf(bus.request(putContactCell, { ...cell, ...more }, as(by)));

    expect(await codeOf(setMode('closed', anna))).toBe('forbidden');
    expect(await codeOf(bus.request(readContactPolicy, {}, as(anna)))).toBe('forbidden');
    expect(await put({}, anna)).toBe('forbidden');
    expect(await put({ toPoolId: newId<PoolId>() })).toBe('pool_not_found');
    expect(await put({ see: false })).toBe('invalid_request');
    clock.advance(6 * 60_000);
    const tokens = await bus.request(refreshSession, await refreshInput(owner.tokens, owner.on, clock.now()));
    expect(await codeOf(setMode('closed', { ...owner, tokens }))).toBe('step_up_required');
    owner = await signIn(world, owner);
    [anna, ben, cleo] = [await signIn(world, anna), await signIn(world, ben), await signIn(world, cleo)];
  });

  it('leaves facts with before and after, and tells other services whose conversations to look at', async () => {
    await setMode('matrix');
    const before = (await told()).length;
    await setMode('pools');
    await setMode('pools');
    await world.bus.request(putContactCell, { fromPoolId: south, toPoolId: north, ...ALL }, as(owner));
    await join(south, anna);
    await leave(south, anna);
    await world.bus.request(updateUser, { userId: idOf(ben), role: 'admin' }, as(owner));
    await world.bus.request(updateUser, { userId: idOf(ben), role: 'member' }, as(owner));

    const [a, b] = [[idOf(anna)], [idOf(ben)]];
    expect((await told()).slice(before)).toEqual(['all', 'all', a, a, b, b]);
    const changed = (await factsOf(world, 'contact-policy.changed')).at(-1);
    expect(changed).toMatchObject({ before: { mode: 'matrix' }, after: { mode: 'pools' }, outcome: 'done' });
    const set = (await factsOf(world, 'contact-policy.cell-set')).at(-1);
    expect(set).toMatchObject({ object: { kind: 'pool-pair', id: `${south}>${north}` }, after: ALL });
  });
});

describe('who may register', () => {
  let world: World;
  let owner: Member;

  beforeAll(async () => {
    world = await startWorld({ organizations: 3 });
    owner = await anOrganization(world);
  });
  afterAll(() => world.close());

  const put = (entry: { kind: 'email' | 'domain'; value: string }, id: string = newId()) =>
    world.bus.request(putRegistrationEntry, { id, entry }, as(owner));
  const register = async (email: string) => {
    const { invitationToken } = await world.bus.request(createInvitation, {}, as(owner));
    const person = { ...aPerson(), email };
    return { invitationToken, ...person, device: aDevice().device };
  };
  const outcome = async (email: string) => codeOf(world.bus.request(acceptInvitation, await register(email)));

  it('is everybody who was invited, while the list is empty', async () => {
    expect(await outcome('first@anywhere.example')).toBe('ok');
  });

  it('is whose address or domain is on the list, however it is written, and nobody else', async () => {
    const entry = await put({ kind: 'domain', value: 'brigade.example' });
    const email = await put({ kind: 'email', value: 'helper@partner.example' });

    expect(await outcome('anna@brigade.example')).toBe('ok');
    expect(await outcome('Ben@BRIGADE.example')).toBe('ok');
    expect(await outcome('helper@partner.example')).toBe('ok');
    for (const other of ['x@partner.example', 'x@sub.brigade.example', 'x@brigade.example.net', 'x@notbrigade.example'])
      expect(await outcome(other)).toBe('registration_not_allowed');
    const { items } = await world.bus.request(listRegistrationEntries, {}, as(owner));
    expect(items).toEqual([entry, email]);
  });

  it('keeps the invitation for whoever may, and writes the refusal down without the address', async () => {
    const refused = await register('mallory@elsewhere.example');
    expect(await codeOf(world.bus.request(acceptInvitation, refused))).toBe('registration_not_allowed');
    const allowed = { ...refused, email: 'dora@brigade.example' };

    expect(await codeOf(world.bus.request(acceptInvitation, allowed))).toBe('ok');
    await world.app.get(Refusals).settled();
    const facts = await factsOf(world, 'registration.refused');
    expect(facts.at(-1)).toMatchObject({ outcome: 'refused', object: { kind: 'user' } });
    expect(JSON.stringify(facts)).not.toContain('elsewhere');
  });

  it('is listed once per address and id, in the clear nowhere but in the answer', async () => {
    const id = newId();
    const said = { kind: 'email', value: 'listed@secret.example' } as const;
    await put(said, id);
    await put(said, id);

    expect(await codeOf(put({ kind: 'domain', value: 'other.example' }, id))).toBe('entry_id_reused');
    expect(await codeOf(put({ kind: 'email', value: 'Listed@secret.example' }))).toBe('already_listed');
    for (const value of ['no domain', 'dot', 'Upper.example', '*.example', 'a.example/'])
      expect(await codeOf(put({ kind: 'domain', value }))).toBe('invalid_request');
    const inClear = await withOrganization(world.db, owner.tokens.organizationId, (tx) =>
      tx.query(
        `SELECT 1 FROM registration_entry e WHERE encode(e.email_sealed, 'escape') ILIKE '%listed@%' OR e.domain LIKE '%secret%'
         UNION ALL SELECT 1 FROM outbox o WHERE o.data::text ILIKE '%listed@%'`,
      ),
    );
    expect(inClear).toEqual([]);
    expect(await factsOf(world, 'registration-entry.added')).toHaveLength(3);
  });

  it('is said by administrators only', async () => {
    const member = await aMemberOf(world, owner);
    const id = newId();

    expect(await codeOf(world.bus.request(listRegistrationEntries, {}, as(member)))).toBe('forbidden');
    const entry = { kind: 'domain', value: 'evil.example' } as const;
    expect(await codeOf(world.bus.request(putRegistrationEntry, { id, entry }, as(member)))).toBe('forbidden');
    expect(await codeOf(world.bus.request(deleteRegistrationEntry, { entryId: id }, as(member)))).toBe('forbidden');
    expect(await codeOf(world.bus.request(deleteRegistrationEntry, { entryId: id }, as(owner)))).toBe(
      'entry_not_found',
    );
  });

  it('is everybody again once the list is empty again', async () => {
    const { items } = await world.bus.request(listRegistrationEntries, {}, as(owner));
    for (const { id } of items) await world.bus.request(deleteRegistrationEntry, { entryId: id }, as(owner));

    expect(await outcome('mallory@elsewhere.example')).toBe('ok');
    expect((await factsOf(world, 'registration-entry.removed')).length).toBe(items.length);
  });

  async function aMemberOf({ bus }: World, inviter: Member): Promise<Member> {
    const { invitationToken } = await bus.request(createInvitation, {}, as(inviter));
    const person = { ...aPerson(), email: `${newId()}@brigade.example` };
    const on = aDevice();
    const tokens = await bus.request(acceptInvitation, { invitationToken, ...person, device: on.device });
    return { handle: inviter.handle, person, tokens, on };
  }
});
