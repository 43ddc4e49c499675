import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventStream } from '@relais/bus';
import { userRemoved } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { type LogFields, metrics, silentLog } from '@relais/observability';
import { type PrivateNats, privateNats, TcpProxy } from '@relais/testing';
import type { DataSource, EntityManager } from 'typeorm';
import { aRelay, aStream, aWorld, eventually, type World } from '../test/world.js';
import { enqueue, isFirstTime, withoutOrganization } from './index.js';

const STREAM = 'EVENTS';
const RUNBOOK = join(import.meta.dirname, '../../../docs/operations/runbooks/RelaisEventsPutAside.md');
const OLDEST = 'relais_outbox_oldest_age_seconds';
const PENDING = 'relais_outbox_pending';
const anEvent = () => ({ id: newId(), organizationId: newId(), userId: newId() }) as never as { id: string };
const write = (tx: EntityManager, event = anEvent()) => enqueue(tx, userRemoved, event as never).then(() => event.id);
const commit = (db: DataSource) => withoutOrganization(db, (tx) => write(tx));

/** The ids in the stream, oldest first, of every test of this file. */
async function published(stream: EventStream): Promise<string[]> {
  const manager = await stream.management();
  const { state } = await manager.streams.info(STREAM).catch(() => ({ state: { first_seq: 1, last_seq: 0 } }));
  const ids: string[] = [];
  for (let seq = Math.max(state.first_seq, 1); seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(STREAM, { seq }).catch(() => null);
    if (message) ids.push((message.json() as { id: string }).id);
  }
  return ids;
}

/** Makes two minutes, within which the stream takes nothing twice, a tenth of a second, and lets that pass. */
async function forgetDoubles(stream: EventStream): Promise<void> {
  await (await stream.management()).streams.update(STREAM, { duplicate_window: 1e8 });
  await new Promise((resolve) => setTimeout(resolve, 300));
}

const only = (ids: string[], mine: string[]) => ids.filter((id) => mine.includes(id));
const holds = async (stream: EventStream, ids: string[]) => only(await published(stream), ids).length === ids.length;

async function valueOf(name: string): Promise<number> {
  const found = (await metrics.getMetricsAsJSON()).find((metric) => metric.name === name);
  return found?.values[0]?.value ?? 0;
}

describe('the outbox', () => {
  let world: World;
  let db: DataSource;
  let stream: EventStream;
  let nats: PrivateNats;

  beforeAll(async () => {
    nats = await privateNats();
  });
  afterAll(() => nats.stop());
  beforeEach(async () => {
    world = await aWorld();
    db = await world.open();
    stream = await aStream(world, nats);
    await stream.ensure();
  });
  afterEach(() => world.close());

  it('publishes what was committed, all of it and in order, and nothing else', async () => {
    const ids: string[] = [];
    for (let round = 0; round < 30; round++) {
      ids.push(await commit(db));
      await withoutOrganization(db, (tx) => write(tx).then(() => Promise.reject(new Error('no')))).catch(
        () => undefined,
      );
    }

    aRelay(world, db, stream, { batchSize: 7 });
    await eventually(() => holds(stream, ids));

    const [{ n }] = (await db.query('SELECT count(*)::int AS n FROM outbox')) as [{ n: number }];
    expect(only(await published(stream), ids)).toEqual(ids);
    expect(n).toBe(30);
  });

  it('publishes an event again that is written once more, as the runbook of events put aside says (F-29)', async () => {
    const [, statement = ''] = /```sql\n\s*([^`]+)```/.exec(readFileSync(RUNBOOK, 'utf8')) ?? [];
    aRelay(world, db, stream);
    const id = await commit(db);
    await eventually(() => holds(stream, [id]));

    await forgetDoubles(stream);
    await db.query(statement.replace('<eventId>', id));

    await eventually(async () => only(await published(stream), [id]).length === 2);
  });

  it('does not skip a transaction that commits late, as reading by position alone would (M9)', async () => {
    aRelay(world, db, stream);
    const naive = await aNaiveReader(db);
    const late = db.createQueryRunner();
    await late.startTransaction();
    const a = await write(late.manager);

    const b = await commit(db);
    await naive.read();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = only(await published(stream), [a, b]);
    await late.commitTransaction();
    await late.release();
    await naive.read();
    await eventually(() => holds(stream, [a, b]));

    expect(before).toEqual([]);
    expect(naive.seen).toEqual([b]);
  });

  it('is relayed by one replica at a time, and by another when that has died', async () => {
    const first = await world.open();
    aRelay(world, first, stream, { owner: 'first' });
    await eventually(async () => (await ownerOf(db)) === 'first');
    aRelay(world, db, stream, { owner: 'second' });

    const before = [await commit(db), await commit(db)];
    await eventually(() => holds(stream, before));
    const ownerBefore = await ownerOf(db);
    await first.destroy();
    const after = await commit(db);
    await eventually(() => holds(stream, [after]));

    expect(ownerBefore).toBe('first');
    expect(await ownerOf(db)).toBe('second');
    expect(only(await published(stream), [...before, after])).toEqual([...before, after]);
  });

  it('is handed over at once when a relay stops', async () => {
    const first = aRelay(world, db, stream, { owner: 'first', leaseMs: 60_000 });
    await eventually(async () => (await ownerOf(db)) === 'first');
    aRelay(world, db, stream, { owner: 'second', leaseMs: 60_000 });

    await first.stop();

    await eventually(async () => (await ownerOf(db)) === 'second');
    const id = await commit(db);
    await eventually(() => holds(stream, [id]));
  });

  it('keeps its cursor when a relay that has lost the lease wakes up in the middle of publishing', async () => {
    const gate = Promise.withResolvers<void>();
    const isHeld = Promise.withResolvers<void>();
    const held = Object.assign(Object.create(stream) as EventStream, {
      publish: async (...args: Parameters<EventStream['publish']>) => {
        isHeld.resolve();
        await gate.promise;
        return stream.publish(...args);
      },
    });
    const zombie = await world.open();
    const ids = [await commit(db)];
    aRelay(world, zombie, held, { owner: 'zombie', leaseMs: 300 });
    await isHeld.promise;
    aRelay(world, db, stream, { owner: 'heir' });
    ids.push(await commit(db));
    await eventually(() => holds(stream, ids));
    await eventually(async () => (await cursorOf(db)).pending === 0);
    const before = await cursorOf(db);

    gate.resolve();
    await new Promise((resolve) => setTimeout(resolve, 300));

    expect(await cursorOf(db)).toEqual(before);
    expect(before.owner).toBe('heir');
    expect(only(await published(stream), ids)).toEqual(ids);
  });

  it('fills a stream again that was deleted, also one that was quiet before', async () => {
    const rebuilds = await valueOf('relais_outbox_rebuilds_total');
    const relay = aRelay(world, db, stream, { leaseMs: 500 });
    // The lease has been renewed several times before the first event comes.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const ids = [await commit(db), await commit(db), await commit(db)];
    await eventually(() => holds(stream, ids));

    await (await stream.management()).streams.delete(STREAM);
    relay.suspect();

    await eventually(() => holds(stream, ids));
    expect(only(await published(stream), ids)).toEqual(ids);
    expect(await valueOf('relais_outbox_rebuilds_total')).toBe(rebuilds + 1);
  });

  it('fills a stream again that has lost its end', async () => {
    const relay = aRelay(world, db, stream);
    const ids = [await commit(db), await commit(db), await commit(db)];
    await eventually(() => holds(stream, ids));

    const manager = await stream.management();
    await manager.streams.delete(STREAM);
    await stream.ensure();
    await stream.publish(userRemoved.subject, ids[0] as string, JSON.stringify({ id: ids[0] }));
    relay.suspect();

    await eventually(() => holds(stream, ids));
    expect(only(await published(stream), ids)).toEqual(ids);
  });

  it('notices that a stream has lost its end although it has taken events of others since', async () => {
    const rebuilds = await valueOf('relais_outbox_rebuilds_total');
    const relay = aRelay(world, db, stream);
    const ids = [await commit(db), await commit(db), await commit(db)];
    await eventually(() => holds(stream, ids));

    const manager = await stream.management();
    const { state } = await manager.streams.info(STREAM);
    for (let seq = state.last_seq - 1; seq <= state.last_seq; seq++) await manager.streams.deleteMessage(STREAM, seq);
    for (let n = 0; n < 5; n++)
      await stream.publish('evt.other.thing.done.v1', newId(), JSON.stringify({ id: newId() }));
    relay.suspect();

    // The ids of deleted messages are known to the server as doubles for two minutes, so that it is filled again is not seen.
    await eventually(async () => (await valueOf('relais_outbox_rebuilds_total')) === rebuilds + 1);
  });

  it('notices by itself that publishing fails for want of a stream', async () => {
    aRelay(world, db, stream);
    const ids = [await commit(db)];
    await eventually(() => holds(stream, ids));

    await (await stream.management()).streams.delete(STREAM);
    ids.push(await commit(db));

    await eventually(() => holds(stream, ids));
  });

  it('grows while NATS is away, loses nothing, and drains afterwards', async () => {
    const proxy = await TcpProxy.open(nats.url);
    world.onClose(() => proxy.close());
    const remote = await aStream(world, { ...nats, url: proxy.url });
    aRelay(world, db, remote, { leaseMs: 5_000 });
    const ids = [await commit(db)];
    await eventually(() => holds(stream, ids));

    await proxy.cut();
    for (let n = 0; n < 20; n++) ids.push(await commit(db));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const meanwhile = only(await published(stream), ids);
    await proxy.restore();

    await eventually(() => holds(stream, ids), 15_000);
    expect(meanwhile).toEqual(ids.slice(0, 1));
    expect(only(await published(stream), ids)).toEqual(ids);
  }, 30_000);

  it('says how many events wait and for how long, also where NATS was away before the relay began', async () => {
    const proxy = await TcpProxy.open(nats.url);
    world.onClose(() => proxy.close());
    const remote = await aStream(world, { ...nats, url: proxy.url });
    await proxy.cut();
    for (let n = 0; n < 12; n++) await commit(db);

    aRelay(world, db, remote, { batchSize: 5 });

    await eventually(async () => (await valueOf(PENDING)) === 12 && (await valueOf(OLDEST)) > 1);
    await proxy.restore();
    await eventually(async () => (await valueOf(PENDING)) === 0, 15_000);
    expect(await valueOf(OLDEST)).toBe(0);
  }, 30_000);

  it('leaves it to the replica that relays to say what waits', async () => {
    const deaf = Object.assign(Object.create(stream) as EventStream, {
      publish: () => Promise.reject(new Error('no')),
    });
    aRelay(world, db, deaf);
    await commit(db);
    await eventually(async () => (await valueOf(PENDING)) === 1 && (await valueOf(OLDEST)) > 0.2);

    await db.query(`UPDATE outbox_cursor SET owner = 'heir', leased_until = 'infinity'`);

    await eventually(async () => (await valueOf(PENDING)) === 0);
    expect(await valueOf(OLDEST)).toBe(0);
  });

  it('misses an event by its age while a transaction from before it has not ended', async () => {
    aRelay(world, db, stream);
    const old = db.createQueryRunner();
    await old.startTransaction();
    await write(old.manager);
    await commit(db);

    await eventually(async () => (await valueOf(PENDING)) === 1 && (await valueOf(OLDEST)) > 0.5);
    await old.commitTransaction();
    await old.release();

    await eventually(async () => (await valueOf(PENDING)) === 0);
    expect(await valueOf(OLDEST)).toBe(0);
  });

  it('tells once that PostgreSQL is away, and once that it is back', async () => {
    const proxy = await TcpProxy.open(world.appUrl);
    world.onClose(() => proxy.close());
    const lines: LogFields[] = [];
    const write = (fields: LogFields) => void lines.push(fields);
    const remote = await world.open({ url: proxy.url });
    aRelay(world, remote, stream, { log: { ...silentLog, info: write, warn: write } });
    const ids = [await commit(db)];
    await eventually(() => holds(stream, ids));

    await proxy.cut();
    await eventually(() => lines.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await proxy.restore();
    await eventually(() => lines.length > 1);

    expect(lines.map(({ event }) => event)).toEqual(['outbox.relay_failed', 'outbox.relay_recovered']);
    expect(lines[1]?.count).toBeGreaterThan(1);
  }, 30_000);

  it('forgets what was relayed long ago, and never what was not', async () => {
    const relayed = [await commit(db), await commit(db)];
    const first = aRelay(world, db, stream, { owner: 'first' });
    await eventually(async () => (await cursorOf(db)).pending === 0);
    await first.stop();
    await db.query(`UPDATE outbox SET created_at = created_at - interval '2 hours' WHERE id = $1`, [relayed[0]]);
    const old = await commit(db);
    await db.query(`UPDATE outbox SET created_at = created_at - interval '2 hours' WHERE id = $1`, [old]);

    aRelay(world, db, stream, { owner: 'second', retentionHours: 1 });
    await eventually(() => holds(stream, [...relayed, old]));

    const kept: { id: string }[] = await db.query('SELECT o.id FROM outbox o ORDER BY o.xid, o.position');
    expect(kept.map(({ id }) => id)).toEqual([relayed[1], old]);
  });

  it('wakes the relay before the next poll when an event was committed, and when somebody says so', async () => {
    const relay = aRelay(world, db, stream, { owner: 'woken', pollMs: 60_000 });
    await eventually(async () => (await ownerOf(db)) === 'woken');

    const ids: string[] = [];
    for (const restMs of [0, 5, 40, 1_500]) {
      await new Promise((resolve) => setTimeout(resolve, restMs));
      ids.push(await commit(db));
      // An older transaction of any database of this server holds a commit back: the next commit brings it along.
      await eventually(() => commit(db).then(() => holds(stream, ids)));
    }
    const unheard = await commit(await world.open());
    await eventually(() => {
      relay.wake();
      return holds(stream, [unheard]);
    });
    await relay.stop();
  });
});

describe('the inbox', () => {
  let world: World;

  beforeAll(async () => {
    world = await aWorld();
  });
  afterAll(() => world.close());

  it('lets exactly one of many at once handle an event, per consumer', async () => {
    const db = await world.open({ poolSize: 8 });
    const eventId = newId();
    const take = (consumer: string) => withoutOrganization(db, (tx) => isFirstTime(tx, consumer, eventId));

    const mine = await Promise.all(Array.from({ length: 20 }, () => take('mine')));
    const other = await take('other');

    expect(mine.filter(Boolean)).toHaveLength(1);
    expect(other).toBe(true);
  });

  it('lets the next one handle it when the first fails', async () => {
    const db = await world.open();
    const eventId = newId();
    const failed = withoutOrganization(db, async (tx) => {
      await isFirstTime(tx, 'mine', eventId);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');

    await expect(withoutOrganization(db, (tx) => isFirstTime(tx, 'mine', eventId))).resolves.toBe(true);
  });
});

async function ownerOf(db: DataSource): Promise<string> {
  const [row]: { owner: string }[] = await db.query('SELECT c.owner FROM outbox_cursor c');
  return row?.owner ?? '';
}

async function cursorOf(db: DataSource) {
  const [row]: { owner: string; xid: string; position: string; pending: number }[] = await db.query(
    `SELECT c.owner, c.xid::text, c.position::text,
       (SELECT count(*)::int FROM outbox o WHERE (o.xid, o.position) > (c.xid, c.position)) AS pending
     FROM outbox_cursor c`,
  );
  return row as { owner: string; xid: string; position: string; pending: number };
}

/** What a relay must not be: it takes the highest position it has seen for the end of what was committed. */
async function aNaiveReader(db: DataSource) {
  const seen: string[] = [];
  let cursor = '0';
  const read = async () => {
    const rows: { id: string; position: string }[] = await db.query(
      'SELECT o.id, o.position::text FROM outbox o WHERE o.position > $1 ORDER BY o.position',
      [cursor],
    );
    for (const row of rows) {
      seen.push(row.id);
      cursor = row.position;
    }
  };
  return { seen, read };
}
