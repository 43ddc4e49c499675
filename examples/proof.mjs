// Signs DPoP proofs (RFC 9449) with a device key, with nothing but Node: every request shows one beside its access token.
// Run: KEY=key.json TOKEN=… node examples/proof.mjs METHOD ADDRESS, after: node examples/proof.mjs new-key > key.json
import { createHash, createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A proof for one request: never sent twice. `nonce` is what a gateway asks for when our clock is wrong. */
export function proofOf(jwk, { method, url, token, nonce }) {
  const { kty, crv, x } = jwk;
  const header = encoded({ typ: 'dpop+jwt', alg: 'EdDSA', jwk: { kty, crv, x } });
  const claims = encoded({
    jti: randomUUID(),
    htm: method,
    htu: url.split(/[?#]/)[0],
    iat: Math.floor(Date.now() / 1_000),
    ath: createHash('sha256').update(token).digest('base64url'),
    nonce,
  });
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return `${header}.${claims}.${sign(null, Buffer.from(`${header}.${claims}`), key).toString('base64url')}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [method, url] = process.argv.slice(2);
  if (method === 'new-key') {
    console.log(JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })));
  } else {
    const { KEY = 'key.json', TOKEN: token = '' } = process.env;
    console.log(proofOf(JSON.parse(readFileSync(KEY, 'utf8')), { method, url, token }));
  }
}
