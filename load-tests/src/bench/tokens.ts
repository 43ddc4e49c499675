import { generateKeyPairSync } from 'node:crypto';
import type { AccessClaims } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { DeviceKey } from '@relais/sdk';
import {
  DpopNonces,
  DpopVerifier,
  JwtTokenVerifier,
  jwkThumbprint,
  signAccessToken,
  type SigningKey,
  TrustStore,
} from '@relais/security';
import type { Row } from './table.js';

const PEOPLE = 200;
const CACHED_ROUNDS = 500;
const WARM_UP_ROUNDS = 3;
const URL_OF_ALL = 'https://chat.example.org/v1/me';

interface Shown {
  token: string;
  key: DeviceKey;
}

/** CPU time of this process per verification, with the code and the keys that every hop has. */
export async function measureTokens(): Promise<Row[]> {
  const { signingKey, trust } = auth();
  const shown = await Promise.all(Array.from({ length: PEOPLE }, () => tokenFor(signingKey)));
  for (let round = 0; round < WARM_UP_ROUNDS; round++) await uncached(trust, shown);
  const anew = await uncached(trust, shown);
  const cached = await seenBefore(trust, shown);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) await proofs(shown);
  const proof = await proofs(shown);
  return [
    { what: 'CPU per verification of a token seen before', value: cached, unit: 'µs', bound: 15 },
    { what: 'CPU per verification of a new token', value: anew, unit: 'µs', bound: 250 },
    { what: 'CPU per DPoP proof', value: proof, unit: 'µs', bound: 250 },
  ];
}

function auth(): { signingKey: SigningKey; trust: TrustStore } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  const kid = newId<string>();
  const trust = new TrustStore();
  trust.applyKeys([{ kty: 'OKP', crv: 'Ed25519', x: x as string, kid, alg: 'EdDSA', use: 'sig' }]);
  return { signingKey: { kid, privateKey }, trust };
}

async function tokenFor(signingKey: SigningKey): Promise<Shown> {
  const key = DeviceKey.generate();
  const iat = Math.floor(Date.now() / 1_000);
  const claims: AccessClaims = {
    ...{ iss: 'relais', aud: 'relais', sub: newId(), org: newId(), dev: newId(), sid: newId() },
    ...{ roles: ['member'], amr: ['pwd'], auth_time: iat, epoch: 0, iat, exp: iat + 300 },
    cnf: { jkt: jwkThumbprint(key.publicKey) },
  };
  return { key, token: await signAccessToken(claims, signingKey) };
}

/** With jose's verification on the thread pool: its CPU time counts, too. */
async function uncached(trust: TrustStore, shown: readonly Shown[]): Promise<number> {
  const verifier = new JwtTokenVerifier(trust);
  return perOne(shown.length, async () => {
    for (const { token } of shown) await verifier.verify(token);
  });
}

async function seenBefore(trust: TrustStore, shown: readonly Shown[]): Promise<number> {
  const verifier = new JwtTokenVerifier(trust);
  for (const { token } of shown) await verifier.verify(token);
  const round = () => {
    for (const { token } of shown) void verifier.verify(token);
  };
  for (let index = 0; index < WARM_UP_ROUNDS; index++) round();
  return perOne(shown.length * CACHED_ROUNDS, () => {
    for (let index = 0; index < CACHED_ROUNDS; index++) round();
  });
}

/** A proof each of devices that have shown one before; each proof is new, as every request brings its own. */
function proofs(shown: readonly Shown[]): Promise<number> {
  const nonces = new DpopNonces({ secret: Buffer.alloc(32, 1), replica: 'bench' });
  const verifier = new DpopVerifier(nonces);
  const requests = shown.map(({ key, token }) => ({
    ...{ method: 'GET', accessToken: token, keyThumbprint: jwkThumbprint(key.publicKey) },
    isAddress: ({ href }: URL) => href === URL_OF_ALL,
  }));
  const proofsOfAll = () =>
    shown.map(({ key, token }) => key.accessProof({ method: 'GET', url: URL_OF_ALL, accessToken: token }));
  const check = (made: readonly string[]) => {
    for (const [index, proof] of made.entries()) verifier.verify(proof, requests[index] as (typeof requests)[number]);
  };
  check(proofsOfAll());
  const batches = Array.from({ length: 10 }, proofsOfAll);
  return perOne(batches.length * shown.length, () => {
    for (const batch of batches) check(batch);
  });
}

async function perOne(count: number, work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
