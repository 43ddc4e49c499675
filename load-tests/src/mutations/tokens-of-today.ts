import { readFileSync } from 'node:fs';
import { classIn, replace } from './plant.js';

type ClaimsOf = (token: string, kid: string) => unknown;

/** By how much libfaketime moves this process, s. */
const shiftSeconds = (): number => {
  const file = process.env['FAKETIME_TIMESTAMP_FILE'];
  return file ? Number(readFileSync(file, 'utf8')) : 0;
};

/** Tokens are judged by the time at which auth issued them, whatever time it is here. */
const clock = { now: () => new Date(Date.now() - shiftSeconds() * 1_000) };

replace<ClaimsOf>(
  await classIn('libs/security/dist/jwt-token-verifier.js', 'JwtTokenVerifier'),
  'claimsOf',
  (claimsOf) =>
    function (this: unknown, token, kid) {
      Object.assign(this as object, { clock });
      return claimsOf.call(this, token, kid);
    },
);
