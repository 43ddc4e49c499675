import { newId, type UserId } from '@relais/kernel';
import { brakeAt, changeFor, digestOf, type Linked, PUT_OUT } from './plan.js';
import type { DirectoryRecord } from './read-directory.js';

const record = (more: Partial<DirectoryRecord> = {}): DirectoryRecord => ({
  ...{ externalId: '1', dn: 'cn=a', email: 'a@example.org', displayName: 'A', isActive: true },
  ...{ poolIds: [], role: 'member' as const },
  ...more,
});
const linked = (digest: Buffer, isActive = true): Linked => ({ userId: newId<UserId>(), digest, isActive });

describe('what a run plans for a person', () => {
  it('makes who is new, unless they are disabled there', () => {
    expect(changeFor(record(), undefined)).toBe('create');
    expect(changeFor(record({ isActive: false }), undefined)).toBeNull();
  });

  it('leaves who has not changed, and updates who has', () => {
    expect(changeFor(record(), linked(digestOf(record())))).toBeNull();
    for (const changed of [
      { email: 'b@example.org' },
      { displayName: 'B' },
      { role: 'admin' as const },
      { dn: 'cn=b' },
    ])
      expect(changeFor(record(changed), linked(digestOf(record())))).toBe('update');
  });

  it('puts out who is disabled there, and lets in again only who was put out by the directory', () => {
    const disabled = record({ isActive: false });

    expect(changeFor(disabled, linked(digestOf(record())))).toBe('disable');
    expect(changeFor(record(), linked(digestOf(disabled), false))).toBe('enable');
    expect(changeFor(record(), linked(PUT_OUT, false))).toBe('enable');
    expect(changeFor(record({ displayName: 'B' }), linked(PUT_OUT, false))).toBe('enable');
    expect(changeFor(record(), linked(digestOf(record()), false))).toBeNull();
    expect(changeFor(record({ displayName: 'B' }), linked(digestOf(record()), false))).toBeNull();
  });
});

describe('a number', () => {
  const [one, other] = [record({ phone: '+4915112345678' }), record({ phone: '+4915187654321' })];
  const bad = record({ hasBadPhone: true });

  it('that comes, changes, goes or turns bad is an update; without one nothing is different from what it was before numbers', () => {
    expect(digestOf(record()).toString('hex')).toBe('eed5754fecb06ee942316c2e73c5c478c4f278357019a60c80800f6f9bf30221');
    const changes = [
      [one, record()],
      [other, one],
      [record(), one],
      [bad, one],
      [bad, record()],
    ] as const;
    for (const [now, before] of changes) expect(changeFor(now, linked(digestOf(before)))).toBe('update');
    for (const same of [one, bad]) expect(changeFor(same, linked(digestOf(same)))).toBeNull();
  });

  it('keeps nobody out whom a release without numbers has put out, and lets in nobody who was put out by hand', () => {
    const before = digestOf(record({ isActive: false }));

    for (const now of [one, bad]) expect(changeFor(now, linked(before, false))).toBe('enable');
    expect(changeFor(one, linked(digestOf(one), false))).toBeNull();
    expect(changeFor(record(), linked(digestOf(one), false))).toBeNull();
  });
});

describe('the brake', () => {
  it('is a share of the people, and a number, whichever is less', () => {
    const brake = (percent: number, people: number) => ({ brake: { percent, people } });

    expect(brakeAt(brake(10, 50), 200)).toBe(20);
    expect(brakeAt(brake(10, 50), 5_000)).toBe(50);
    expect(brakeAt(brake(10, 50), 9)).toBe(0);
    expect(brakeAt(brake(100, 100_000), 300)).toBe(300);
  });
});
