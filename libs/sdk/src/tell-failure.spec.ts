import { ApiError } from './api-error.js';
import { whyOf } from './tell-failure.js';

describe('why a program failed', () => {
  it('is what the server says with its code, or the code alone where it says nothing', () => {
    expect(whyOf(new ApiError('invalid', 'invalid_request', 'limit: too big'))).toBe(
      'invalid_request (limit: too big)',
    );
    expect(whyOf(new ApiError('forbidden', 'forbidden'))).toBe('forbidden');
  });

  it('is what anything else has to say', () => {
    expect([whyOf(new Error('no such file')), whyOf('odd')]).toEqual(['no such file', 'odd']);
  });
});
