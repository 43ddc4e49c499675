import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LIMITS } from '@relais/contracts';
import { KeyProvider, openSystem, resealSystem, sealSystem } from '@relais/crypto';
import { AppError, Clock } from '@relais/kernel';
import { jwkThumbprint, type PublicJwk, type SigningKey } from '@relais/security';
import { Database, type Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { keysExpire } from '../metrics.js';

/** A key is known to everyone this long before it signs, and still known this long after its last signature. */
const OVERLAP_MS = 2 * LIMITS.accessTokenSeconds * 1_000;
/** Any number; the same for everyone who may make keys. */
const LOCK = 7_263_496;

interface KeyRow {
  kid: string;
  public_x: string;
  private_sealed: Buffer;
  signs_from: Date;
  signs_until: Date;
}

interface LoadedKey extends KeyRow {
  privateKey: KeyObject;
}

const placeOf = (kid: string): string[] => ['auth', 'signing_key', kid];

/**
 * The keys that sign access tokens, the same on all replicas. Each has a time in which it signs; the next one is made
 * and published together with the one before it, so nobody meets a key they do not know.
 */
@Injectable()
export class SigningKeys {
  private loaded: LoadedKey[] = [];

  constructor(
    private readonly db: Database,
    private readonly provider: KeyProvider,
    private readonly clock: Clock,
    private readonly periodMs: number,
  ) {}

  /** Makes what is missing, on one replica at a time, removes what has run out, and reads the rest. Safe to repeat. */
  async refresh(): Promise<void> {
    const found = await this.db.outside(async (tx) => {
      await rows(tx, 'SELECT pg_advisory_xact_lock($1)', [LOCK]);
      await this.complete(tx);
      return allKeys(tx);
    });
    const known = new Map(this.loaded.map((key) => [key.kid, key]));
    this.loaded = await Promise.all(
      found.map(async (key) => known.get(key.kid) ?? { ...key, privateKey: await this.open(key) }),
    );
    const current = this.currentKey();
    keysExpire(current.signs_until, this.loaded.find((key) => key.signs_from > current.signs_from)?.signs_until);
  }

  /** The key to sign with now. @throws AppError `internal_error` before the first refresh */
  current(): SigningKey {
    const { kid, privateKey } = this.currentKey();
    return { kid, privateKey };
  }

  /** Every key that signs, has signed lately, or will sign next. */
  published(): PublicJwk[] {
    return this.loaded.map(({ kid, public_x }) => ({
      kty: 'OKP',
      crv: 'Ed25519',
      x: public_x,
      kid,
      alg: 'EdDSA',
      use: 'sig',
    }));
  }

  private currentKey(): LoadedKey {
    const now = this.clock.now();
    const current = this.loaded.findLast((key) => key.signs_from <= now) ?? this.loaded[0];
    if (!current) throw new AppError('internal', 'internal_error', 'no signing key');
    return current;
  }

  private async complete(tx: Tx): Promise<void> {
    const now = this.clock.now().getTime();
    await rows(tx, 'DELETE FROM signing_key k WHERE k.signs_until < $1', [new Date(now - OVERLAP_MS)]);
    const last = await row<KeyRow>(tx, 'SELECT k.* FROM signing_key k ORDER BY k.signs_from DESC LIMIT 1');
    if (last && last.signs_from.getTime() > now) return;
    // NOTE: a last key that ran out while nothing was running is followed at once; verifiers learn it within one poll.
    const currentUntil = last && last.signs_until.getTime() > now ? last.signs_until.getTime() : now + this.periodMs;
    if (!last || last.signs_until.getTime() <= now) await this.make(tx, now, currentUntil);
    const nextFrom = Math.max(currentUntil, now + OVERLAP_MS);
    await rows(tx, 'UPDATE signing_key k SET signs_until = $1 WHERE k.signs_until = $2', [
      new Date(nextFrom),
      new Date(currentUntil),
    ]);
    await this.make(tx, nextFrom, nextFrom + this.periodMs);
  }

  private async make(tx: Tx, fromMs: number, untilMs: number): Promise<void> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const x = String(publicKey.export({ format: 'jwk' }).x);
    const kid = jwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x });
    const sealed = await sealSystem(this.provider, placeOf(kid), privateKey.export({ type: 'pkcs8', format: 'der' }));
    await rows(
      tx,
      'INSERT INTO signing_key (kid, public_x, private_sealed, signs_from, signs_until) VALUES ($1, $2, $3, $4, $5)',
      [kid, x, sealed, new Date(fromMs), new Date(untilMs)],
    );
  }

  /** After a rotation of the key encryption key the private halves are sealed anew, so that the old one may go. */
  async reseal(): Promise<void> {
    for (const { kid, private_sealed } of await this.db.outside(allKeys)) {
      const sealed = await resealSystem(this.provider, placeOf(kid), private_sealed);
      if (!sealed) continue;
      await this.db.outside((tx) =>
        rows(tx, 'UPDATE signing_key k SET private_sealed = $3 WHERE k.kid = $1 AND k.private_sealed = $2', [
          kid,
          private_sealed,
          sealed,
        ]),
      );
    }
  }

  private async open({ kid, private_sealed }: KeyRow): Promise<KeyObject> {
    const der = await openSystem(this.provider, placeOf(kid), private_sealed);
    return createPrivateKey({ key: der, type: 'pkcs8', format: 'der' });
  }
}

const allKeys = (tx: Tx): Promise<KeyRow[]> => rows(tx, 'SELECT k.* FROM signing_key k ORDER BY k.signs_from');
