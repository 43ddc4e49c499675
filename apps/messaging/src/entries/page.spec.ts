import { newId } from '@relais/kernel';
import type { StoredEntry } from './entry-store.js';
import { fitting, fittingFromEnd } from './page.js';

const KIB = 1_024;
const MAX_PAYLOAD_BYTES = 1_024 * KIB;

const entries = (count: number, bytes: number): StoredEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    conversationId: newId(),
    seq: index + 1,
    id: newId(),
    kind: 'message',
    senderId: newId(),
    senderDeviceId: newId(),
    recordedAt: new Date('2026-11-23T12:00:00Z'),
    body: Buffer.alloc(bytes),
  }));
const seqs = (page: readonly StoredEntry[]) => page.map(({ seq }) => seq);

describe('a page of the log', () => {
  it('holds everything that fits', () => {
    expect(seqs(fitting(entries(500, 120)))).toHaveLength(500);
  });

  it('stays within what the bus lets pass, and is the beginning or the end without a hole', () => {
    const large = entries(500, 32 * KIB);

    const [first, last] = [fitting(large), fittingFromEnd(large)];

    expect(first.length * 32 * KIB).toBeLessThan(MAX_PAYLOAD_BYTES);
    expect(seqs(first)).toEqual(Array.from({ length: first.length }, (_, index) => index + 1));
    expect(seqs(last)).toEqual(Array.from({ length: last.length }, (_, index) => 500 - last.length + index + 1));
  });

  it('holds one entry however large it is, so that reading goes on', () => {
    expect(seqs(fitting(entries(3, 700 * KIB)))).toEqual([1]);
  });
});
