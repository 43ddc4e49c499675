import { Census, changedBetween, type Position } from './directory-mark.js';

const usn = (server: string, count: string): Position => ({ kind: 'usn', server, usn: count });
const csn = (...changes: string[]): Position => ({
  kind: 'csn',
  changes: Object.fromEntries(changes.map((change) => [change.split('#')[2] ?? '', change])),
});
const at = (second: string, server: string) => `202611270900${second}.000000Z#000000#${server}#000000`;

describe('what has changed in a directory between two positions', () => {
  it('is told by the number of one domain controller', () => {
    expect(changedBetween(usn('a', '100'), usn('a', '100'))).toBe('nothing');
    expect(changedBetween(usn('a', '9007199254740993'), usn('a', '9007199254740999'))).toBe(
      '(uSNChanged>=9007199254740994)',
    );
  });

  it('is not told by another controller, nor by one that was set back', () => {
    expect(changedBetween(usn('a', '100'), usn('b', '200'))).toBeNull();
    expect(changedBetween(usn('a', '100'), usn('a', '99'))).toBeNull();
    expect(changedBetween(usn('a', '100'), csn(at('01', '000')))).toBeNull();
  });

  it('is looked for from the last change of the server that went on, however long it took to arrive', () => {
    const before = csn(at('30', '001'), at('10', '002'), at('20', '003'));

    expect(changedBetween(before, before)).toBe('nothing');
    expect(changedBetween(before, csn(at('30', '001'), at('11', '002'), at('20', '003')))).toBe(
      `(entryCSN>=${at('10', '002')})(!(entryCSN=${at('10', '002')}))`,
    );
    expect(changedBetween(before, csn(at('31', '001'), at('10', '002'), at('21', '003')))).toBe(
      `(entryCSN>=${at('20', '003')})(!(entryCSN=${at('20', '003')}))`,
    );
  });

  it('is not told when a server is new', () => {
    expect(changedBetween(csn(at('30', '001')), csn(at('30', '001'), at('31', '002')))).toBeNull();
  });
});

describe('a census', () => {
  const of = (...names: string[]) => {
    const census = new Census();
    for (const name of names) census.add(name, 'dn');
    return census.text;
  };

  it('is the same in any order, and another when somebody comes, goes or is called otherwise', () => {
    expect(of('a', 'b', 'c')).toBe(of('c', 'a', 'b'));
    expect(new Set([of('a', 'b'), of('a'), of('a', 'b', 'c'), of('a', 'B'), of()]).size).toBe(5);
  });

  it('knows the next account that runs out, and none that has', () => {
    const census = new Census();
    for (const seconds of [null, 500, 3_000, 2_000]) census.expiring(seconds && seconds * 1_000, new Date(1_000_000));
    expect(census.expiresAt).toBe(new Date(2_000_000).toISOString());
  });
});
