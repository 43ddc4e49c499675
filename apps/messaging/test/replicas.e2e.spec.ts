import { appendEntry, type AppendEntry, type Receipt } from '@relais/contracts';
import { AppError, type ConversationId } from '@relais/kernel';
import type { Person } from './directory.js';
import { message } from './memory-log.js';
import { until } from './until.js';
import { brief, World } from './world.js';

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe('several replicas of messaging', () => {
  let world: World;
  let alice: Person;
  let bob: Person;

  beforeAll(async () => {
    world = await World.open();
    await Promise.all([world.replica('one'), world.replica('two')]);
    [alice, bob] = (await world.people(2)) as [Person, Person];
  }, 60_000);
  afterAll(() => world?.close(), 30_000);

  /** Sends until it is answered, as a client does: what may be tried again is tried again, under the same id. */
  async function persist(person: Person, command: AppendEntry): Promise<Receipt> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await world.ask(person, appendEntry, command);
      } catch (error) {
        if (!AppError.from(error).retryable || attempt > 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
  const seqs = async (id: ConversationId) => (await world.log(bob, id)).map(({ seq }) => seq);

  it('append to one conversation at the same time without gaps or doubles', async () => {
    const [a, b] = [await world.create('group', [alice, bob]), await world.create('group', [alice, bob])];

    const receipts = await Promise.all(
      upTo(120).map((index) => world.say(index % 3 ? alice : bob, index % 2 ? a.id : b.id, `line ${index}`)),
    );

    for (const { id } of [a, b]) {
      const given = receipts.filter(({ conversationId }) => conversationId === id).map(({ seq }) => seq);
      expect([1, ...given.toSorted((x, y) => x - y)]).toEqual(upTo(61));
      expect(await seqs(id)).toEqual(upTo(61));
    }
  });

  it('give one result for one id, whichever of them is asked, also at the same time', async () => {
    const { id } = await world.create('group', [alice, bob]);
    const command = message(id, 'once');

    const receipts = await Promise.all(upTo(20).map(() => persist(alice, command)));

    expect(new Set(receipts.map(({ seq, recordedAt }) => `${seq} ${recordedAt}`)).size).toBe(1);
    expect(receipts.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await seqs(id)).toEqual([1, 2]);
  });

  it('lose nothing that was acknowledged when one of them leaves and another comes', async () => {
    const leaving = await world.replica('three');
    const { id } = await world.create('group', [alice, bob]);
    const commands = upTo(200).map((index) => message(id, `line ${index}`));

    const sending = Promise.all(
      commands.map(async (command, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 4));
        return persist(index % 2 ? alice : bob, command);
      }),
    );
    await leaving.close();
    await world.replica('four');
    const receipts = await sending;

    const log = await world.log(bob, id);
    expect(log.map(({ seq }) => seq)).toEqual(upTo(201));
    const place = new Map(log.map((entry) => [entry.id, entry.seq]));
    expect(receipts.map(({ id: entryId, seq }) => [entryId, seq])).toEqual(
      commands.map((command) => [command.id, place.get(command.id)]),
    );
  }, 30_000);

  it('go on when auth is away, and take no requests without its keys when they start then', async () => {
    const world = await World.open();
    try {
      const first = await world.replica('one');
      const [carol] = (await world.people(1)) as [Person];
      const { id } = await world.create('group', [carol]);
      await world.stopAuth();
      expect(await world.code(carol, appendEntry, message(id))).toBe('ok');

      await first.close();
      const starting = world.replica('two');
      const codes = [];
      for (let index = 0; index < 20; index++) {
        codes.push(await world.code(carol, appendEntry, message(id)));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(new Set(codes)).toEqual(new Set(['bus_no_responders']));

      await world.startAuth();
      await starting;
      expect(await world.code(carol, appendEntry, message(id))).toBe('ok');
    } finally {
      await world.close();
    }
  }, 30_000);

  it('exchange the key encryption key while people write, and forget the old one', async () => {
    const world = await World.open();
    try {
      const [carol, dave] = (await world.people(2)) as [Person, Person];
      const settings = { KEK_REWRAP_INTERVAL_MS: '100' };
      const replicas = [await world.replica('one', settings), await world.replica('two', settings)];
      const ids: ConversationId[] = [];
      let isOver = false;
      const writing = (async () => {
        while (!isOver) {
          const { id } = await world.create('group', [carol, dave], { title: `No. ${ids.length}` });
          await Promise.all([world.say(carol, id, 'from Carol'), world.say(dave, id, 'from Dave')]);
          ids.push(id);
        }
      })();
      await until(() => ids.length >= 5, 'writing');

      await world.kekFile.rotate(2);
      for (const { provider } of replicas) await until(async () => (await provider.activeVersion()) === 2, 'following');
      await until(async () => (await replicas[0]?.rotation.countOutdated()) === 0, 'rewrapping');
      await world.kekFile.drop(1);
      const before = ids.length;
      await until(() => ids.length >= before + 5, 'writing on');
      isOver = true;
      await writing;

      for (const replica of replicas) await replica.close();
      await world.replica('three');
      for (const id of ids) {
        const lines = (await world.log(dave, id)).map(brief).map((line) => line.slice(2));
        expect(lines.toSorted()).toEqual(['membership', 'message from Carol', 'message from Dave']);
      }
    } finally {
      await world.close();
    }
  }, 60_000);
});
