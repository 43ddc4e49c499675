import { PasswordHasher } from './password-hasher.js';

const light = { memoryKib: 64, passes: 1, parallel: 2, queue: 4 };
const password = 'a sentence that is long enough';

describe('password hashes', () => {
  it('match the password, whole and in any Unicode spelling (A-21)', async () => {
    const hasher = new PasswordHasher(light);
    const stored = await hasher.hash('Ａngström long password Å');

    expect(stored).toMatch(/^\$argon2id\$/);
    expect(await hasher.verify(stored, 'Angström long password Å')).toBe(true);
    expect(await hasher.verify(stored, 'Angström long password B')).toBe(false);
  });

  it('count the last character of a long one (A-21)', async () => {
    const hasher = new PasswordHasher(light);
    const stored = await hasher.hash(`${'ü'.repeat(511)}x`);

    expect(await hasher.verify(stored, `${'ü'.repeat(511)}x`)).toBe(true);
    expect(await hasher.verify(stored, `${'ü'.repeat(511)}y`)).toBe(false);
  });

  it('are also computed when there is no account, and never match then (A-27)', async () => {
    expect(await new PasswordHasher(light).verify(undefined, password)).toBe(false);
  });

  it('are outdated when the parameters have risen', async () => {
    const stored = await new PasswordHasher(light).hash(password);

    expect(new PasswordHasher(light).isOutdated(stored)).toBe(false);
    expect(new PasswordHasher({ ...light, memoryKib: 128 }).isOutdated(stored)).toBe(true);
    expect(new PasswordHasher({ ...light, passes: 2 }).isOutdated(stored)).toBe(true);
  });

  it('are refused with a time to come back when too many wait, and served again later', async () => {
    const hasher = new PasswordHasher(light);

    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => hasher.hash(password)));

    const refusals = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refusals).toHaveLength(4);
    for (const { reason } of refusals) expect(reason).toMatchObject({ code: 'login_overloaded', retryAfterMs: 1_000 });
    await expect(hasher.hash(password)).resolves.toContain('argon2id');
  });
});
