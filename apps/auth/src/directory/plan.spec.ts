import { newId, type UserId } from '@relais/kernel';
import { brakeAt, changeFor, digestOf, type Linked, objection, PUT_OUT, raisesRole } from './plan.js';
import type { DirectoryRecord } from './read-directory.js';

const record = (more: Partial<DirectoryRecord> = {}): DirectoryRecord => ({
  ...{ externalId: '1', dn: 'cn=a', email: 'a@example.org', displayName: 'A', isActive: true },
  ...{ poolIds: [], role: 'member' as const },
  ...more,
});
const linked = (digest: Buffer, isActive = true): Linked => ({
  ...{ userId: newId<UserId>(), digest, isActive, role: 'member' },
});

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

describe('what a run asks about first (T-21)', () => {
  const chief = { role: 'admin' as const };
  const nobody = { role: 'member' as const };
  const active = (role: Linked['role']) => ({ role, isActive: true });
  const out = (role: Linked['role']) => ({ role, isActive: false });

  it('is who gets the power of an administrator and has none', () => {
    expect(raisesRole('create', chief, undefined)).toBe(true);
    expect(raisesRole('update', chief, active('member'))).toBe(true);
    expect(raisesRole('enable', chief, out('admin'))).toBe(true);
    expect(raisesRole('enable', nobody, out('owner'))).toBe(true);
  });

  it('is nobody who has it, loses it or never had it', () => {
    expect(raisesRole('create', nobody, undefined)).toBe(false);
    expect(raisesRole('update', chief, active('admin'))).toBe(false);
    expect(raisesRole('update', chief, active('owner'))).toBe(false);
    expect(raisesRole('update', nobody, active('admin'))).toBe(false);
    expect(raisesRole('enable', nobody, out('admin'))).toBe(false);
    expect(raisesRole('disable', chief, active('member'))).toBe(false);
  });

  it('is said together with whom it would put out, unless the directory may do so or a bot says it', () => {
    const brake = { percent: 10, people: 50 };
    const groups = { base: '', filter: '', member: '', mappings: [], raisesRoles: 'ask' as const };
    const planned = { linked: 100, disables: 10, raises: 2 };

    expect(objection(planned, { brake, groups }, false)).toMatch(/^it would give 2 of its people more/);
    expect(objection({ ...planned, disables: 11 }, { brake, groups }, false)).toMatch(
      /put out 11 of 100 .*; .* give 2 /,
    );
    expect(objection(planned, { brake }, false)).not.toBeNull();
    expect(objection(planned, { brake, groups: { ...groups, raisesRoles: 'apply' } }, false)).toBeNull();
    expect(objection(planned, { brake }, true)).toBeNull();
    expect(objection({ ...planned, raises: 0 }, { brake, groups }, false)).toBeNull();
  });
});
