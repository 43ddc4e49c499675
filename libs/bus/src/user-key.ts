import { createUser } from '@nats-io/nkeys';

/** A new key of a NATS user: the seed is its secret, the public key is what a server knows it by. */
export function newUserKey(): { seed: string; publicKey: string } {
  const pair = createUser();
  try {
    return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
  } finally {
    pair.clear();
  }
}
