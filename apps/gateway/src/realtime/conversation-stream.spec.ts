import fc from 'fast-check';
import { type ConversationId, newId, type OrganizationId } from '@relais/kernel';
import { metrics } from '@relais/observability';
import { ConversationStream, type Page } from './conversation-stream.js';
import type { LiveEntry } from './live-events.js';

const conversationId = newId<ConversationId>();

const entryOf = (seq: number, path: LiveEntry['path'] = 'online'): LiveEntry => ({
  ...{ conversationId, seq, kind: 'message', recordedAtMs: 0, path, membership: undefined },
  bytes: Buffer.from(String(seq)),
});

/** A log that may be read, a stream that follows it, and what came out. */
function following({ last = 0, read }: { last?: number; read: (after: number) => Promise<Page> }) {
  const out: number[] = [];
  const stream = new ConversationStream(newId<OrganizationId>(), conversationId, last, {
    deliver: (_, { seq }) => void out.push(seq),
    read: (_, after) => read(after),
    holdMs: 0,
    retryMs: 1,
  });
  return { stream, out };
}

const pageOf = (head: number, after: number, size = 500): Page => {
  const upTo = Math.min(head, after + size);
  return {
    entries: Array.from({ length: Math.max(0, upTo - after) }, (_, i) => entryOf(after + 1 + i, 'replay')),
    upTo,
  };
};

async function calm(stream: ConversationStream): Promise<void> {
  for (let i = 0; stream.isBehind && i < 200; i++) await new Promise((resolve) => setTimeout(resolve, 2));
}

const upTo = (head: number, from = 1) => Array.from({ length: head - from + 1 }, (_, i) => from + i);

describe('a conversation as a replica hears it', () => {
  it('comes out once and in order, whatever is lost, doubled or late on the way in', async () => {
    const losses = fc.record({
      head: fc.integer({ min: 1, max: 60 }),
      seen: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 150 }),
      pageSize: fc.integer({ min: 1, max: 20 }),
      failures: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(losses, async ({ head, seen, pageSize, failures }) => {
        let left = failures;
        const { stream, out } = following({
          read: async (after) => {
            if (left-- > 0) throw new Error('not now');
            return pageOf(head, after, pageSize);
          },
        });

        for (const seq of seen.filter((each) => each <= head)) {
          stream.offer(entryOf(seq));
          if (seq % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        stream.sighted(head);
        await calm(stream);
        stream.close();

        expect(out).toEqual(upTo(head));
      }),
      { numRuns: 60 },
    );
  });

  it('reads nothing when entries only overtook each other', async () => {
    let reads = 0;
    const { stream, out } = following({
      read: async (after) => {
        reads++;
        return pageOf(3, after);
      },
    });

    for (const seq of [3, 1, 2]) stream.offer(entryOf(seq));
    await new Promise((resolve) => setTimeout(resolve, 10));

    expect([out, reads]).toEqual([[1, 2, 3], 0]);
  });

  it('has one read at a time, however much is missing', async () => {
    let reading = 0;
    let most = 0;
    const { stream, out } = following({
      read: async (after) => {
        most = Math.max(most, ++reading);
        await new Promise((resolve) => setTimeout(resolve, 1));
        reading--;
        return pageOf(40, after, 3);
      },
    });

    for (const seq of [9, 20, 31, 40]) stream.offer(entryOf(seq));
    await calm(stream);

    expect([out, most]).toEqual([upTo(40), 1]);
  });

  it('goes on after entries that nobody here may see', async () => {
    const { stream, out } = following({
      read: async (after) => (after < 5 ? { entries: [entryOf(6, 'replay')], upTo: 6 } : pageOf(8, after)),
    });

    stream.offer(entryOf(1));
    stream.offer(entryOf(8));
    await calm(stream);

    expect(out).toEqual([1, 6, 7, 8]);
  });

  it('forgets a head that was never there', async () => {
    const { stream, out } = following({ last: 4, read: async (after) => pageOf(4, after) });

    stream.sighted(9);
    await calm(stream);
    stream.offer(entryOf(5));

    expect([out, stream.isBehind]).toEqual([[5], false]);
  });

  it('hands out nothing once it is closed', async () => {
    const { stream, out } = following({ read: async (after) => pageOf(9, after) });

    stream.offer(entryOf(9));
    stream.close();
    await new Promise((resolve) => setTimeout(resolve, 10));

    expect(out).toEqual([]);
  });

  it('notes how long it took until a device had its newest entry, and of no other', async () => {
    const acknowledged = async () => {
      const text = await metrics.getSingleMetricAsString('relais_message_client_ack_duration_seconds');
      return Number(/_count\S* (\d+)/.exec(text)?.[1] ?? 0);
    };
    const { stream } = following({ read: async (after) => pageOf(3, after) });
    const before = await acknowledged();

    stream.acknowledged(0);
    stream.offer(entryOf(1));
    stream.offer(entryOf(2));
    stream.acknowledged(1);
    stream.acknowledged(2);
    stream.sighted(3);
    await calm(stream);
    stream.acknowledged(3);

    expect((await acknowledged()) - before).toBe(1);
  });
});
