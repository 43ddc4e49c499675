import { readProblem, retryAfterMs } from './read-problem.js';

describe('an unsuccessful answer', () => {
  it("carries the gateway's code and says whether to repeat", () => {
    const body = JSON.stringify({ status: 429, code: 'login_throttled', retryable: true });

    const error = readProblem(429, '3', body);

    expect(error).toMatchObject({
      status: 429,
      code: 'login_throttled',
      kind: 'rate_limited',
      retryable: true,
      retryAfterMs: 3_000,
    });
  });

  it('tells in its message what the gateway says to people, and the code where it says nothing', () => {
    const body = { status: 400, code: 'invalid_request', detail: 'limit: too big' };

    expect(readProblem(400, null, JSON.stringify(body)).message).toBe('limit: too big');
    expect(readProblem(400, null, JSON.stringify({ ...body, detail: undefined })).message).toBe('invalid_request');
  });

  it.each([
    [502, 'unavailable', true],
    [500, 'internal', false],
    [418, 'invalid', false],
  ])('is understood by its status %i when something in between wrote it', (status, kind, retryable) => {
    expect(readProblem(status, null, '<html>')).toMatchObject({ code: `http_${status}`, kind, retryable });
  });

  it('understands Retry-After as seconds and as a date', () => {
    const now = Date.parse('2026-11-23T12:00:00Z');

    expect(retryAfterMs('2', now)).toBe(2_000);
    expect(retryAfterMs('Mon, 23 Nov 2026 12:00:05 GMT', now)).toBe(5_000);
    expect(retryAfterMs('soon', now)).toBeUndefined();
    expect(retryAfterMs(null, now)).toBeUndefined();
  });
});
