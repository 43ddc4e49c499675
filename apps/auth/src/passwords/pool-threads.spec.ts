import { pbkdf2 } from 'node:crypto';
import { getPriority } from 'node:os';
import { promisify } from 'node:util';
import { makePoolThreadsYield } from './pool-threads.js';

describe('the threads that hash passwords', () => {
  it('step back behind the event loop, which stays where it was', async () => {
    const before = getPriority();
    const hashed = promisify(pbkdf2)('password', 'salt', 1, 16, 'sha256');

    expect(makePoolThreadsYield()).toBeGreaterThan(0);
    await hashed;
    expect(getPriority()).toBe(before);
  });
});
