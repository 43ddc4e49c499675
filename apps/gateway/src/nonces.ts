import { hkdfSync, randomBytes } from 'node:crypto';
import type { Clock } from '@relais/kernel';
import { DpopNonces } from '@relais/security';
import type { Config } from './config.js';

/**
 * The nonces of this replica. All replicas share the seed they sign in to NATS with, so what is derived from it lets each
 * believe the nonces of the others. Without a seed each believes its own, and a client that changes replicas gets another.
 */
export function noncesOf({ NATS_NKEY_SEED: seed, REPLICA: replica }: Config, clock: Clock): DpopNonces {
  const secret =
    seed === undefined ? randomBytes(32) : Buffer.from(hkdfSync('sha256', seed, '', 'relais dpop nonce', 32));
  return new DpopNonces({ secret, replica, clock });
}
