import { userRemoved } from '@relais/contracts';
import { newId } from '@relais/kernel';
import type { EventStream } from '@relais/bus';
import { type PrivateNats, privateNats } from '@relais/testing';
import type { DataSource } from 'typeorm';
import { aRelay, aStream, aWorld, eventually, type World } from '../test/world.js';
import { adoptRows, enqueue, withoutOrganization } from './index.js';

/** As far ahead as a server that has been at work for long. */
const AHEAD = 1_000_000_000;

describe('an outbox that came with a dump from another server', () => {
  let world: World;
  let db: DataSource;
  let owner: DataSource;
  let stream: EventStream;
  let nats: PrivateNats;

  beforeAll(async () => {
    nats = await privateNats();
  });
  afterAll(() => nats.stop());
  beforeEach(async () => {
    world = await aWorld();
    db = await world.open();
    owner = await world.open({ url: world.ownerUrl });
    stream = await aStream(world, nats);
    await stream.ensure();
  });
  afterEach(() => world.close());

  const commit = async (): Promise<string> => {
    const event = { id: newId(), organizationId: newId(), userId: newId() };
    await withoutOrganization(db, (tx) => enqueue(tx, userRemoved, event as never));
    return event.id;
  };
  async function published(): Promise<string[]> {
    const manager = await stream.management();
    const { state } = await manager.streams.info('EVENTS');
    const ids: string[] = [];
    for (let seq = Math.max(state.first_seq, 1); seq <= state.last_seq; seq++)
      ids.push(((await manager.streams.getMessage('EVENTS', { seq }))?.json() as { id: string }).id);
    return ids;
  }
  /** What a dump of an old server looks like here: the same rows, written by transactions that are far ahead. */
  const comeFromAnotherServer = async () => {
    await owner.query(`UPDATE outbox SET xid = (xid::text::bigint + ${AHEAD})::text::xid8`);
    await owner.query(
      `UPDATE outbox_cursor SET xid = (xid::text::bigint + ${AHEAD})::text::xid8, owner = '', leased_until = '-infinity'`,
    );
  };

  it('would wait for years without being taken over', async () => {
    const old = await commit();
    await comeFromAnotherServer();
    aRelay(world, db, stream);
    await new Promise((resolve) => setTimeout(resolve, 1_000));

    expect(await published()).not.toContain(old);
  });

  it('is relayed after that, in its order and before what is new, also what had been relayed where it was', async () => {
    const first = aRelay(world, db, stream, { owner: 'before' });
    const relayed = await commit();
    await eventually(async () => (await published()).includes(relayed));
    await first.stop();
    const waiting = [await commit(), await commit(), await commit()];
    await comeFromAnotherServer();
    await (await stream.management()).streams.delete('EVENTS');
    await stream.ensure();

    expect(await adoptRows(db)).toBe(4);
    const fresh = await commit();
    aRelay(world, db, stream, { owner: 'after' });

    await eventually(async () => (await published()).includes(fresh));
    expect(await published()).toEqual([relayed, ...waiting, fresh]);
  });

  it('is left alone where it always was', async () => {
    await commit();
    const before = await db.query('SELECT o.xid::text, o.position::text FROM outbox o');
    const [cursor] = await db.query('SELECT c.xid::text, c.position::text FROM outbox_cursor c');

    expect(await adoptRows(db)).toBe(0);
    expect(await db.query('SELECT o.xid::text, o.position::text FROM outbox o')).toEqual(before);
    expect(await db.query('SELECT c.xid::text, c.position::text FROM outbox_cursor c')).toEqual([cursor]);
  });

  it('may be taken over by two replicas that start at once', async () => {
    const ids = [await commit(), await commit()];
    await comeFromAnotherServer();
    await Promise.all([adoptRows(db), adoptRows(await world.open())]);
    aRelay(world, db, stream);

    await eventually(async () => (await published()).filter((id) => ids.includes(id)).length === 2);
  });
});
