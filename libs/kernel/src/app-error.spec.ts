import { AppError, ERROR_KINDS, newId, RETRYABLE, SystemClock } from './index.js';

describe('an expected failure', () => {
  it('stays itself, and anything else becomes a bug without detail', () => {
    const expected = new AppError('conflict', 'taken', 'for the log', { retryAfterMs: 5 });

    expect(AppError.from(expected)).toBe(expected);
    for (const thrown of [new Error('secret'), 'secret', undefined, null, { kind: 'conflict', code: 'forged' }]) {
      const bug = AppError.from(thrown);
      expect(bug).toMatchObject({ kind: 'internal', code: 'internal_error', message: 'internal_error', cause: thrown });
    }
  });

  it('may be tried again only when time can help', () => {
    const retryable = ERROR_KINDS.filter((kind) => new AppError(kind, 'x').retryable);

    expect(retryable).toEqual(['rate_limited', 'unavailable', 'timeout']);
    expect(new Set(retryable)).toEqual(RETRYABLE);
  });
});

describe('ids', () => {
  it('are UUIDv7 in lower case, unique and in the order of their making', () => {
    const ids = Array.from({ length: 1_000 }, () => newId());

    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(1_000);
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('the clock', () => {
  it('tells the time of the system', () => {
    expect(Math.abs(new SystemClock().now().getTime() - Date.now())).toBeLessThan(1_000);
  });
});
