import { newsTo, ReceiptSharing, shownTo } from './receipt-sharing.js';

describe('what others learn of how far somebody has come', () => {
  const mark = { delivered: 5, read: 4 };
  const [none, delivered, read] = (['none', 'delivered', 'read'] as const).map(
    (level) => new ReceiptSharing(level),
  ) as [ReceiptSharing, ReceiptSharing, ReceiptSharing];

  it('is as much as the organization allows', () => {
    expect(shownTo(none, mark)).toBeUndefined();
    expect(shownTo(delivered, mark)).toEqual({ delivered: 5, read: 0 });
    expect(shownTo(read, mark)).toEqual(mark);
  });

  it('is news only when that much has changed: not even the moment of reading shows', () => {
    const before = { delivered: 5, read: 3 };

    expect(newsTo(none, mark, before)).toBeUndefined();
    expect(newsTo(delivered, mark, before)).toBeUndefined();
    expect(newsTo(delivered, mark, { delivered: 4, read: 4 })).toEqual({ delivered: 5, read: 0 });
    expect(newsTo(read, mark, before)).toEqual(mark);
  });
});
