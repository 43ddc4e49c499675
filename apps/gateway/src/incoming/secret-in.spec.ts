import { secretIn } from './secret-in.js';

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

describe('the secret a machine shows', () => {
  it.each([
    ['as a bearer token', 'Bearer abc-_123', 'abc-_123'],
    ['in any case, with blanks', 'bEaReR   abc  ', 'abc'],
    ['as a password', basic('prometheus:abc'), 'abc'],
    ['as a password with a colon', basic('p:a:b'), 'a:b'],
    ['as a password without a name', basic(':abc'), 'abc'],
    ['not at all', undefined, ''],
    ['in another way', 'Digest username="x"', ''],
    ['too long', `Bearer ${'x'.repeat(257)}`, ''],
  ])('comes %s', (_, header, expected) => {
    expect(secretIn(header)).toBe(expected);
  });
});
