import fc from 'fast-check';
import { ConversationLog } from './conversation-log.js';

interface Line {
  seq: number;
}
const line = (seq: number): Line => ({ seq });
const lines = (from: number, to: number): Line[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => line(from + i));
const seqs = (items: readonly Line[]): number[] => items.map((item) => item.seq);

describe('ConversationLog', () => {
  it('applies a live entry that follows the head, and drops one that arrives again', () => {
    const log = new ConversationLog<Line>();

    expect(seqs(log.offer(line(1)))).toEqual([1]);
    expect(seqs(log.offer(line(1)))).toEqual([]);
    expect(log.head).toBe(1);
    expect(log.duplicates).toBe(1);
  });

  it('keeps an entry that came early until its predecessor arrives', () => {
    const log = new ConversationLog<Line>(4);

    expect(seqs(log.offer(line(6)))).toEqual([]);
    expect(log.behind).toBe(true);
    expect(seqs(log.offer(line(5)))).toEqual([5, 6]);
    expect(log.behind).toBe(false);
  });

  it('fills a hole from a repair and goes on with what it kept', () => {
    const log = new ConversationLog<Line>();
    log.offer(line(4));

    const { entries, skipped } = log.repair(lines(1, 3), 0);

    expect(seqs(entries)).toEqual([1, 2, 3, 4]);
    expect(skipped).toEqual([]);
  });

  it('steps over what was said before the reader was a member', () => {
    const log = new ConversationLog<Line>();
    log.sighted(7);

    const { entries, skipped } = log.repair([line(5), line(6), line(7)], 7);

    expect(seqs(entries)).toEqual([5, 6, 7]);
    expect(skipped).toEqual([{ from: 1, to: 4 }]);
  });

  it('does not step over a hole beyond what the answer proves', () => {
    const log = new ConversationLog<Line>();
    log.offer(line(9));

    const { entries, skipped } = log.repair(lines(1, 3), 3);

    expect(seqs(entries)).toEqual([1, 2, 3]);
    expect(skipped).toEqual([]);
    expect(log.behind).toBe(true);
  });

  it('keeps no more early entries than allowed, and still knows that they exist', () => {
    const log = new ConversationLog<Line>(0, 2);
    for (const seq of [5, 3, 4, 9]) log.offer(line(seq));

    expect(seqs(log.repair(lines(1, 2), 0).entries)).toEqual([1, 2, 3, 4]);
    expect(log.known).toBe(9);
    expect(log.behind).toBe(true);
  });

  it('gives the exact log, once and in order, whatever is lost, repeated or overtaken', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('live' as const), seq: fc.integer({ min: 1, max: 40 }) }),
      fc.record({
        kind: fc.constant('repair' as const),
        size: fc.integer({ min: 0, max: 10 }),
        stale: fc.integer({ min: 0, max: 5 }),
      }),
      fc.record({ kind: fc.constant('sighted' as const), seq: fc.integer({ min: 0, max: 40 }) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(step, { maxLength: 120 }),
        (length, maxBuffered, steps) => {
          const log = new ConversationLog<Line>(0, maxBuffered);
          const seen: Line[] = [];
          const repairFrom = (head: number, to: number): void => {
            const { entries, skipped } = log.repair(lines(head + 1, to), 0);
            expect(skipped).toEqual([]);
            seen.push(...entries);
          };
          for (const each of steps) {
            if (each.kind === 'live' && each.seq <= length) seen.push(...log.offer(line(each.seq)));
            if (each.kind === 'sighted') log.sighted(Math.min(each.seq, length));
            if (each.kind === 'repair') {
              const from = Math.max(0, log.head - each.stale);
              repairFrom(from, Math.min(length, from + each.size));
            }
            expect(seqs(seen)).toEqual(seqs(lines(1, log.head)));
          }
          log.sighted(length);
          while (log.behind) repairFrom(log.head, Math.min(length, log.head + 3));
          expect(seqs(seen)).toEqual(seqs(lines(1, length)));
        },
      ),
    );
  });

  it('gives a late member exactly what they may see, in order, however it arrives', () => {
    const visible = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 20 });
    const live = fc.array(fc.nat({ max: 19 }), { maxLength: 40 });
    fc.assert(
      fc.property(visible, live, fc.integer({ min: 1, max: 6 }), (shown, order, pageSize) => {
        const all = shown.sort((a, b) => a - b).map(line);
        const log = new ConversationLog<Line>(0, 5);
        const seen: Line[] = [];
        for (const index of order) if (all[index]) seen.push(...log.offer(all[index]));
        log.sighted(30);
        while (log.behind) {
          const rest = all.filter((item) => item.seq > log.head);
          const page = rest.slice(0, pageSize);
          seen.push(...log.repair(page, page.length === rest.length ? 30 : 0).entries);
        }
        expect(seqs(seen)).toEqual(seqs(all));
        expect(log.head).toBe(30);
      }),
    );
  });
});
