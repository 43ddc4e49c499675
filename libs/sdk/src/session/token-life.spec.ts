import type { Tokens } from '@relais/contracts';
import { goodUntilMs } from './token-life.js';

const tokens = (claims: object): Tokens =>
  ({
    accessToken: `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`,
    accessTokenExpiresAt: '2026-11-23T12:05:00.000Z',
  }) as Tokens;

describe('the life of an access token', () => {
  it('is counted from its arrival, so that a wrong clock does not end it early', () => {
    const receivedAtMs = Date.parse('2026-11-23T12:30:00Z');
    const iat = Date.parse('2026-11-23T12:00:00Z') / 1_000;

    expect(goodUntilMs(tokens({ iat, exp: iat + 300 }), receivedAtMs)).toBe(Date.parse('2026-11-23T12:35:00Z'));
  });

  it('is what the server said when the token does not tell', () => {
    expect(goodUntilMs(tokens({}))).toBe(Date.parse('2026-11-23T12:05:00Z'));
    expect(goodUntilMs({ ...tokens({}), accessToken: 'opaque' })).toBe(Date.parse('2026-11-23T12:05:00Z'));
  });
});
