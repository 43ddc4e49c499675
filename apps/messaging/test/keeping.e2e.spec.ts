import {
  listConversations,
  previewMessageKeeping,
  readMessageKeeping,
  setMessageKeeping,
  syncEntries,
} from '@relais/contracts';
import { withOrganization } from '@relais/database';
import type { Person } from './directory.js';
import { age } from './keeping.js';
import { connect } from './messaging-database.js';
import { until } from './until.js';
import { brief, World } from './world.js';

describe('how long messages are kept', () => {
  let world: World;
  let alice: Person;
  let bob: Person;
  let ruler: Person;
  let db: Awaited<ReturnType<typeof connect>>;

  beforeAll(async () => {
    world = await World.open();
    await world.replica('one', { EXPIRY_INTERVAL_MS: '100' });
    await world.replica('two', { EXPIRY_INTERVAL_MS: '100' });
    db = await connect(world.database.appUrl, 2);
    [alice, bob, ruler] = (await world.people(3)) as [Person, Person, Person];
    world.directory.policyMakers.add(ruler.userId);
  });
  afterAll(async () => {
    await db?.destroy();
    await world.close();
  });

  const keep = (keepDays: number | null, keyDays: number | null = null, by = ruler) =>
    world.ask(by, setMessageKeeping, { keepDays, keyDays });
  /** As if the period had been said long ago. */
  const backdate = () => within(`UPDATE message_keeping SET shortened_at = now() - interval '1 day'`);
  const bodiesOf = async (id: string) =>
    (
      await within<{ has: boolean }>(
        'SELECT e.body IS NOT NULL AS has FROM entry e WHERE e.conversation_id = $1 ORDER BY e.seq',
        [id],
      )
    ).map(({ has }) => has);
  const within = <Row>(sql: string, values: unknown[] = []): Promise<Row[]> =>
    withOrganization(db, world.organizationId, (tx) => tx.query(sql, values));
  const facts = () =>
    within<{ before: object; after: object; actor: { id: string } }>(
      `SELECT o.data -> 'before' AS before, o.data -> 'after' AS after, o.data -> 'actor' AS actor FROM outbox o
       WHERE o.data ->> 'action' = 'message-keeping.changed' ORDER BY o.position`,
    );

  it('is said by who makes policies and has shown who they are, or by a bot with the scope, and by nobody else', async () => {
    const bot = await world.person(world.organizationId, ['message-keeping:write']);
    const other = await world.person(world.organizationId, ['messages:write']);

    const codesOf = async (person: Person) => [
      await world.code(person, readMessageKeeping, {}),
      await world.code(person, previewMessageKeeping, { keepDays: 400 }),
      await world.code(person, setMessageKeeping, { keepDays: 400, keyDays: null }),
    ];
    const three = (code: string) => [code, code, code];

    expect(await codesOf(alice)).toEqual(three('forbidden'));
    expect(await codesOf(other)).toEqual(three('scope_missing'));
    expect(await codesOf(bot)).toEqual(three('ok'));
    expect(await codesOf(ruler)).toEqual(three('ok'));
    world.directory.isFresh = false;
    expect(await world.code(ruler, setMessageKeeping, { keepDays: 1, keyDays: null })).toBe('step_up_required');
    expect(await world.code(ruler, readMessageKeeping, {})).toBe('ok');
    world.directory.isFresh = true;
  });

  it('is told with who said it, and leaves a fact of each change', async () => {
    const earlier = (await facts()).length;

    const said = await keep(90, 7);
    await keep(90, 7);
    await keep(null);

    expect(said).toMatchObject({ keepDays: 90, keyDays: 7, updatedBy: ruler.userId });
    expect(Date.parse(said.clearsFrom ?? '') - Date.parse(said.updatedAt ?? '')).toBe(12 * 3_600_000);
    expect(await world.ask(ruler, readMessageKeeping, {})).toMatchObject({ keepDays: null, keyDays: null });
    expect((await facts()).slice(earlier)).toMatchObject([
      { after: { keepDays: 90, keyDays: 7 }, actor: { id: ruler.userId } },
      { before: { keepDays: 90, keyDays: 7 }, after: { keepDays: null, keyDays: null } },
    ]);
  });

  it('hides what is older for everybody at once, by history and by sync, and takes it off the disk after half a day', async () => {
    const { id, my } = await world.create('group', [alice, bob], { title: 'Shift' });
    expect(my.unread).toBe(0);
    const old = await world.say(alice, id, 'said long ago');
    await world.change(bob, id, { kind: 'reaction', body: { target: old.id, emoji: '👍' } });
    await world.say(alice, id, 'said today');
    await age(db, world.organizationId, id, 50, old.seq);
    expect(await world.ask(ruler, previewMessageKeeping, { keepDays: 50 })).toEqual({
      ...{ messages: 1, conversations: 1, more: false },
    });

    await keep(50);

    const left = ['1 membership', '2 message gone', '4 message said today'];
    expect((await world.log(bob, id)).map(brief)).toEqual(left);
    const { changed } = await world.ask(bob, syncEntries, { heads: [] });
    const [synced] = changed.filter(({ conversationId }) => conversationId === id);
    expect(synced?.entries.map(brief)).toEqual(left);
    expect(synced).toMatchObject({ head: 4, upTo: 4 });
    const { items } = await world.ask(bob, listConversations, {});
    expect(items.find((one) => one.id === id)).toMatchObject({ title: 'Shift', my: { unread: 1 } });
    await keep(51);
    expect((await world.log(bob, id)).map(brief)).toContain('2 message said long ago');

    await keep(50);
    await backdate();
    await until(async () => (await bodiesOf(id)).join() === 'true,false,false,true', 'clearing');
    await keep(null);

    expect((await world.log(bob, id)).map(brief)).toEqual(left);
  });

  it('is the end that everybody is told of a message, live and in the log', async () => {
    const { id } = await world.create('group', [alice, bob]);
    await keep(10);
    const said = await world.say(alice, id, 'ten days');
    const end = Date.parse(said.recordedAt) + 10 * 86_400_000;
    const heard = () => JSON.stringify(world.heard.filter(([, event]) => JSON.stringify(event).includes(said.id)));
    await until(async () => heard().includes(new Date(end).toISOString()), 'the live event');

    const entry = (await world.log(bob, id)).at(-1);
    expect(entry && 'expiresAt' in entry && entry.expiresAt).toBe(new Date(end).toISOString());
    await keep(null);
  });
});
