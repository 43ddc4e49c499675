import { createHmac, generateKeyPairSync, sign } from 'node:crypto';

type Part = Record<string, unknown>;

const encoded = (part: Part) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decoded = (token: string, index: number) =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as Part;

/**
 * What a thief or liar might make of a good token: each has the claims of the real one, none a signature of auth.
 * `publicKey` is the key that auth signs with, as anybody inside the cluster can read it.
 */
export function forgeries(good: string, publicKey: string): Readonly<Record<string, string>> {
  const [header, claims] = [decoded(good, 0), decoded(good, 1)];
  const [head = '', body = '', signature = ''] = good.split('.');
  const { privateKey } = generateKeyPairSync('ed25519');
  const signed = (itsHeader: Part, itsClaims: Part) => {
    const input = `${encoded(itsHeader)}.${encoded(itsClaims)}`;
    return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
  };
  const hs256 = `${encoded({ ...header, alg: 'HS256' })}.${body}`;
  return {
    'without a signature, saying alg none': `${encoded({ ...header, alg: 'none' })}.${body}.`,
    'with its signature cut off': `${head}.${body}.`,
    'signed by HMAC with the public key': `${hs256}.${createHmac('sha256', publicKey).update(hs256).digest('base64url')}`,
    'signed with another key under the name of ours': signed(header, claims),
    'signed with a key of an unknown name': signed({ ...header, kid: 'mine' }, claims),
    'that brings its own key': signed({ ...header, jwk: { kty: 'OKP' }, jku: 'https://evil.example/keys' }, claims),
    'of an owner made of one of a member': `${head}.${encoded({ ...claims, roles: ['owner'] })}.${signature}`,
    'of somebody else': `${head}.${encoded({ ...claims, sub: claims.sid })}.${signature}`,
    'that is to live longer': `${head}.${encoded({ ...claims, exp: Number(claims.exp) + 3_600 })}.${signature}`,
    'of another type': `${encoded({ ...header, typ: 'relais-refresh+jwt' })}.${body}.${signature}`,
    'that is none': 'aaaa.bbbb.cccc',
  };
}
