import { newId } from '@relais/kernel';
import { AppError } from '@relais/kernel';
import { type LogFields, metrics, silentLog } from '@relais/observability';
import { eventually, pause, World } from '../test/world.js';
import { DEAD, EventConsumer, EventStream, STREAM } from './index.js';
import { z } from 'zod';

const data = z.strictObject({ id: z.string(), number: z.int() });

interface Letter {
  subject: string;
  seq: number;
  reason: string;
  data: string;
}

describe('durable events', () => {
  let world: World;
  let stream: EventStream;
  let subject: string;
  let name: string;
  const consumers: EventConsumer<typeof data>[] = [];

  beforeAll(async () => {
    world = await World.open();
  });
  beforeEach(async () => {
    stream = new EventStream(await world.connect(), silentLog, { replicas: 1, retentionHours: 1 });
    name = `test-${newId()}`;
    subject = `evt.test.${newId()}.happened.v1`;
    await stream.ensure();
  });
  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
    await world.release();
  });
  afterAll(() => world.close());

  const say = (number: number) => {
    const id = newId();
    return stream.publish(subject, id, JSON.stringify({ id, number }));
  };
  type Handle = (event: z.output<typeof data>, isStopping: () => boolean) => Promise<void>;
  const consume = (handle: Handle, log = silentLog, ackWaitMs = 30_000) => {
    const consumer = new EventConsumer(stream, { name, contract: { subject, data }, handle, log, ackWaitMs });
    consumers.push(consumer);
    consumer.start();
    return consumer;
  };
  const collector = () => {
    const seen: number[] = [];
    return { seen, handle: async ({ number }: { number: number }) => void seen.push(number) };
  };
  const letters = async (): Promise<Letter[]> => {
    const manager = await stream.management();
    const found: Letter[] = [];
    const info = await manager.streams.info(DEAD).catch(() => undefined);
    for (let seq = Math.max(info?.state.first_seq ?? 1, 1); seq <= (info?.state.last_seq ?? 0); seq++) {
      const message = await manager.streams.getMessage(DEAD, { seq });
      if (message?.subject === `dlq.${name}`) found.push(message.json());
    }
    return found;
  };
  const unsettled = async () => {
    const info = await (await stream.management()).consumers.info(STREAM, name);
    return info.num_ack_pending + info.num_pending;
  };

  it('are handled once each, in order, also those from before the consumer was', async () => {
    const { seen, handle } = collector();
    await say(1);
    await say(2);
    consume(handle);
    await eventually(() => seen.length === 2);
    await say(3);

    await eventually(() => seen.length === 3);
    expect(seen).toEqual([1, 2, 3]);
    await eventually(async () => (await unsettled()) === 0);
  });

  it('are stored once when they are published twice', async () => {
    const id = newId();
    const first = await stream.publish(subject, id, JSON.stringify({ id, number: 1 }));
    const second = await stream.publish(subject, id, JSON.stringify({ id, number: 1 }));

    expect(second).toBe(first);
  });

  it('are tried again when handling fails', async () => {
    let attempts = 0;
    await say(1);
    consume(async () => {
      if (++attempts < 3) throw new Error('not yet');
    });

    await eventually(() => attempts === 3);
    await eventually(async () => (await unsettled()) === 0);
    expect(await letters()).toEqual([]);
  });

  it('are missed by their age while they are at work or fail, and no longer', async () => {
    const behind = async () => {
      const { values } = await metrics.getSingleMetric('relais_nats_consumer_behind_seconds')!.get();
      return values.find(({ labels }) => labels['consumer'] === name)?.value;
    };
    let isAway = true;
    await say(1);
    consume(async () => {
      if (isAway) throw new AppError('unavailable', 'database_unavailable');
    });

    await eventually(async () => ((await behind()) ?? 0) > 1);
    isAway = false;
    await eventually(async () => (await unsettled()) === 0);
    await eventually(async () => (await behind()) === 0);
  });

  it('are counted from nothing on, by what became of them', async () => {
    consume(async () => undefined);

    const { values } = await metrics.getSingleMetric('relais_events_handled_total')!.get();
    const mine = values.filter(({ labels }) => labels['consumer'] === name);
    expect(mine.map(({ labels, value }) => [labels['outcome'], value])).toEqual([
      ['ok', 0],
      ['failed', 0],
      ['dead', 0],
    ]);
  });

  it('are let alone by who is stopped while it begins, which does not take long', async () => {
    await say(1);
    const { seen, handle } = collector();
    const consumer = consume(handle);
    const startedAt = performance.now();

    await consumer.stop();

    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(seen).toEqual([]);
  });

  it('are put aside with the reason after five attempts, while the stream moves on (F-29)', async () => {
    const seen: number[] = [];
    const lines: LogFields[] = [];
    let attempts = 0;
    const seq = await say(13);
    await say(1);
    const handle = async ({ number }: { number: number }) => {
      if (number === 13 && ++attempts) throw new Error('poison');
      seen.push(number);
    };
    consume(handle, { ...silentLog, error: (line) => void lines.push(line) });
    await eventually(() => seen.length === 1, 2_000);
    await eventually(async () => (await letters()).length === 1, 20_000);

    expect(attempts).toBe(5);
    const [letter] = (await letters()) as [Letter];
    expect(letter).toMatchObject({ subject, reason: 'failed', data: expect.stringContaining('13') });
    const { id: eventId } = JSON.parse(letter.data) as { id: string };
    expect(lines).toEqual([{ event: 'consumer.dead_letter', consumer: name, seq, subject, eventId, reason: 'failed' }]);
    await eventually(async () => (await unsettled()) === 0);
  }, 30_000);

  it('are not put aside while something else is away: they are tried until it is back', async () => {
    let attempts = 0;
    await say(1);
    consume(async () => {
      if (++attempts < 7) throw new AppError('unavailable', 'database_unavailable');
    });

    await eventually(async () => attempts === 7 && (await unsettled()) === 0, 30_000);
    expect(await letters()).toEqual([]);
  }, 40_000);

  it.each([
    ['no JSON', 'rubbish'],
    ['an unknown version', '{"version":2}'],
    ['polluted keys', '{"id":"a","number":1,"__proto__":{"admin":true}}'],
    ['almost 1 MB', `{"id":"${'\u0001'.repeat(1_000_000)}"}`],
  ])('are put aside at once when they are %s', async (_, payload) => {
    const { seen, handle } = collector();
    await stream.publish(subject, newId(), payload);
    await say(2);
    consume(handle);

    await eventually(() => seen.length === 1);
    expect(await letters()).toMatchObject([{ reason: 'malformed' }]);
    await eventually(async () => (await unsettled()) === 0);
  });

  it('go on when the consumer or the whole stream was deleted meanwhile', async () => {
    const { seen, handle } = collector();
    consume(handle);
    await say(1);
    await eventually(() => seen.length === 1);

    const manager = await stream.management();
    await manager.consumers.delete(STREAM, name);
    await say(2);
    await eventually(() => seen.includes(2), 15_000);
    await manager.streams.delete(STREAM);
    await eventually(
      () =>
        say(3).then(
          () => true,
          () => false,
        ),
      15_000,
    );

    await eventually(() => seen.includes(3), 15_000);
  }, 40_000);

  it('go on after NATS was started anew', async () => {
    const { seen, handle } = collector();
    consume(handle);
    await say(1);
    await eventually(() => seen.length === 1);

    await world.nats.restart();
    await eventually(
      () =>
        say(2).then(
          () => true,
          () => false,
        ),
      15_000,
    );

    await eventually(() => seen.includes(2), 15_000);
    expect(seen).toEqual([1, 2]);
  }, 40_000);

  it('are left to the next replica, at once, when one stops', async () => {
    const seen: number[] = [];
    for (let number = 1; number <= 20; number++) await say(number);
    const first = consume(async ({ number }) => {
      await pause(100);
      seen.push(number);
    });
    await eventually(() => seen.length === 2);

    await first.stop();
    const handledByFirst = seen.length;
    const next = collector();
    consume(next.handle);

    await eventually(() => new Set([...seen, ...next.seen]).size === 20, 5_000);
    expect(handledByFirst).toBeLessThan(10);
    expect(seen).toHaveLength(handledByFirst);
  });

  it('may take long: as long as one is at work on an event, nobody else gets it', async () => {
    const begun: number[] = [];
    const slow = async ({ number }: { number: number }) => {
      begun.push(number);
      await pause(3_500);
    };
    consume(slow, silentLog, 1_000);
    consume(slow, silentLog, 1_000);
    await say(1);

    await eventually(async () => begun.length === 1 && (await unsettled()) === 0, 10_000);
    expect(begun).toEqual([1]);
  }, 15_000);

  it('that take long are told when the replica stops, and go on with the next one', async () => {
    const seen: string[] = [];
    await say(1);
    const first = consume(async (_, isStopping) => {
      seen.push('begun');
      while (!isStopping()) await pause(10);
      throw new AppError('unavailable', 'draining');
    });
    await eventually(() => seen.length === 1);

    await first.stop();
    consume(async () => void seen.push('ended'));
    await eventually(() => seen.includes('ended'), 5_000);
    expect(seen).toEqual(['begun', 'ended']);
  });

  it('end a consumer promptly that has nothing to do or no server', async () => {
    const lines: LogFields[] = [];
    const idle = consume(async () => undefined, { ...silentLog, warn: (line) => void lines.push(line) });
    await pause(300);

    await idle.stop();

    expect(lines).toEqual([]);
  });

  it('flow from one stream that every replica may make at once', async () => {
    await (await stream.management()).streams.delete(STREAM);

    const states = await Promise.all(Array.from({ length: 5 }, () => stream.ensure()));
    const again = await stream.ensure();

    expect(new Set(states.map(({ created }) => created)).size).toBe(1);
    expect(again.created).toBe(states[0]?.created);
    await (await stream.management()).streams.delete(STREAM);
    expect((await stream.ensure()).created).not.toBe(again.created);
  });
});
