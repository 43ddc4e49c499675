import { randomBytes } from 'node:crypto';
import { newUserKey } from '@relais/bus';

/** What a key of a secret may be made of. */
export const KINDS = ['password', 'kek', 'nkey-seed', 'nkey'] as const;
export type Kind = (typeof KINDS)[number];

const KEY_BYTES = 32;
const newKey = (): string => randomBytes(KEY_BYTES).toString('base64');

/** 256 bits that begin with a letter: nobody takes it for a number or an option. */
const newPassword = (): string => `r${randomBytes(KEY_BYTES).toString('base64url')}`;

/** The file of root keys, as libs/crypto reads it. */
const newKek = (): string => JSON.stringify({ active: 1, keys: { '1': newKey() }, index: newKey() });

/** New values for all keys of one secret. A seed and a public key in one secret belong together. */
export function generate(keys: Readonly<Record<string, Kind>>): Record<string, string> {
  const user = newUserKey();
  const make: Readonly<Record<Kind, () => string>> = {
    password: newPassword,
    kek: newKek,
    'nkey-seed': () => user.seed,
    nkey: () => user.publicKey,
  };
  return Object.fromEntries(Object.entries(keys).map(([key, kind]) => [key, make[kind]()]));
}
