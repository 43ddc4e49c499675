import { newId } from '@relais/kernel';
import type { StoredEntry } from './entry-store.js';
import { fitting, fittingFromEnd } from './page.js';

const sized = (seq: number, kibibytes: number): StoredEntry => ({
  ...{ conversationId: newId(), id: newId(), senderId: newId(), senderDeviceId: newId() },
  ...{ seq, kind: 'message', recordedAt: new Date(), body: Buffer.alloc(kibibytes * 1_024) },
});
const seqs = (entries: readonly StoredEntry[]) => entries.map(({ seq }) => seq);

describe('what fits into one answer', () => {
  it('is all, when it is little', () => {
    expect(fitting([])).toEqual([]);
    expect(seqs(fitting([sized(1, 100), sized(2, 100)]))).toEqual([1, 2]);
  });

  it('is the first ones forwards and the last ones backwards, in their order', () => {
    const page = [1, 2, 3, 4, 5].map((seq) => sized(seq, 250));

    expect(seqs(fitting(page))).toEqual([1, 2]);
    expect(seqs(fittingFromEnd(page))).toEqual([4, 5]);
  });

  it('is one at least, however large', () => {
    expect(seqs(fitting([sized(1, 900), sized(2, 1)]))).toEqual([1]);
    expect(seqs(fittingFromEnd([sized(1, 1), sized(2, 900)]))).toEqual([2]);
  });
});
