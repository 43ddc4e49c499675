import { type ContactMode, type Entry, ROUTES } from '@relais/contracts';
import { type ConversationId, newId, type PoolId } from '@relais/kernel';
import { codeOf, type Person } from './person.js';
import type { RawClient } from './raw-client.js';
import { eventually, type Running } from './system.js';

/** People of two pools, who may meet until the organization says that pools do not. */
export function contactContract(running: Running): void {
  let admin: Person;
  let anna: Person;
  let arno: Person;
  let ben: Person;

  const setMode = (mode: ContactMode) => admin.call(ROUTES.setContactPolicy, { mode });

  beforeAll(async () => {
    const { acme } = running();
    // Signed in just now: who may meet whom is nothing to be changed with an old session.
    admin = await acme.anotherDevice(acme.owner);
    [anna, arno, ben] = (await acme.people(3)) as [Person, Person, Person];
    const { items } = await admin.call(ROUTES.listPools, {});
    const common = items.find(({ isDefault }) => isDefault)?.id as PoolId;
    for (const people of [[anna, arno], [ben]]) {
      const id = newId<PoolId>();
      await admin.call(ROUTES.createPool, { id, name: 'apart' });
      for (const { id: userId } of people) {
        await admin.call(ROUTES.addPoolUser, { poolId: id, userId });
        await admin.call(ROUTES.removePoolUser, { poolId: common, userId });
      }
    }
  }, 60_000);
  afterEach(() => setMode('open'));

  const isOut = (id: ConversationId, { id: userId }: Person) =>
    eventually(async () => {
      const { items } = await anna.call(ROUTES.listMembers, { conversationId: id });
      return !items.some((member) => member.userId === userId);
    });
  const lastOf = (sockets: readonly RawClient[], id: ConversationId): Entry[] =>
    sockets.flatMap((socket) => socket.entries(id).at(-1) ?? []);

  it('are taken out of what they share while they listen, and hear nothing that is said later (R-T8, A-43)', async () => {
    const id = await anna.start('group', [arno, ben]);
    const sockets = [await ben.open(0), await ben.open(1)];
    const others = await arno.open(1);
    let isTalking = true;
    const talk = (async () => {
      for (let number = 0; isTalking; number++) await anna.say(id, `line ${number}`);
    })();
    await eventually(() => sockets.every((socket) => socket.entries(id).length > 3));

    await setMode('pools');
    await isOut(id, ben);
    const { seq } = await anna.say(id, 'among ourselves');
    isTalking = false;
    await talk;
    await eventually(() => (others.entries(id).at(-1)?.seq ?? 0) >= seq);

    // Whatever was on its way to them has come before the answer to this.
    for (const socket of sockets)
      expect(await socket.ask({ type: 'sync', heads: [[id, 1]] })).toMatchObject({ data: { gone: [id], changed: [] } });
    await eventually(() => lastOf(sockets, id).every(({ kind }) => kind === 'membership'));
    for (const last of lastOf(sockets, id))
      expect(last).toMatchObject({ body: { change: 'removed', userIds: [ben.id], reason: 'policy' } });
    expect(await codeOf(ben.say(id, 'still here?'))).toBe('conversation_not_found');
  });

  it('neither find nor write to each other, and are told why by nobody but administrators (R-T8)', async () => {
    const direct = await ben.start('direct', [anna]);
    await setMode('pools');

    const { items } = await ben.call(ROUTES.listUsers, { limit: 200 });
    expect(items.map(({ id }) => id)).not.toContain(anna.id);
    const search = anna.account.displayName;
    const found = async (by: Person) => (await by.call(ROUTES.listUsers, { search })).items.map(({ id }) => id);
    expect(await found(admin)).toContain(anna.id);
    expect(await found(ben)).not.toContain(anna.id);
    expect(await codeOf(ben.start('group', [anna]))).toBe('user_not_found');
    await eventually(async () => (await codeOf(ben.say(direct, 'psst'))) === 'may_not_write');
    const question = { from: ben.id, to: anna.id };
    expect(await admin.call(ROUTES.explainContact, question)).toMatchObject({ allowed: false, rule: 'no_shared_pool' });
    expect(await codeOf(ben.call(ROUTES.explainContact, question))).toBe('forbidden');

    await setMode('open');
    await eventually(async () => (await codeOf(ben.say(direct, 'hello again'))) === 'ok');
  });
}
