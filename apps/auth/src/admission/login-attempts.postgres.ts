import { Injectable } from '@nestjs/common';
import type { NewDevice } from '@relais/contracts';
import { Clock, type OrganizationId, type UserId } from '@relais/kernel';
import { Database, type Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { organizationOf } from '../organizations/organization-rows.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import {
  formatScopedSecret,
  hashOf,
  newScopedSecret,
  parseNamedSecret,
  parseScopedSecret,
  type ScopedSecret,
} from '../secrets/scoped-secret.js';

export const ATTEMPT_SECONDS = 600;
const MAX_TRIES = 5;

/** A login that is not finished: who it is as far as known, and what was shown. */
export interface LoginState {
  purpose: 'second_factor' | 'passkey' | 'step_up' | 'registration' | 'oidc';
  device?: NewDevice;
  amr: readonly string[];
  /** What the passkey must sign. */
  challenge?: string;
  /** More that the way in needs to remember. */
  memory?: Readonly<Record<string, string>>;
}

export interface LoginAttempt {
  secret: ScopedSecret;
  userId: UserId | null;
  sealed: Buffer;
}

/** An attempt made ready to be written: sealing may ask the keystore, which no transaction waits for. */
export interface PreparedAttempt {
  secret: ScopedSecret;
  sealed: Buffer;
  expiresAt: Date;
}

/** Logins that wait for something more. Each has a secret of its own, ends after ten minutes or five wrong tries. */
@Injectable()
export class LoginAttempts {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
  ) {}

  async prepare(organizationId: OrganizationId, state: LoginState): Promise<PreparedAttempt> {
    const secret = newScopedSecret(organizationId);
    const sealed = await this.personal.seal(placeOf(secret), JSON.stringify(state));
    return { secret, sealed, expiresAt: new Date(this.clock.now().getTime() + ATTEMPT_SECONDS * 1_000) };
  }

  /** Writes it and gives its token. */
  async insert(tx: Tx, { secret, sealed, expiresAt }: PreparedAttempt, userId: UserId | null): Promise<string> {
    await rows(
      tx,
      `INSERT INTO login_attempt (organization_id, secret_hash, user_id, state_sealed, expires_at) VALUES ($1, $2, $3, $4, $5)`,
      [secret.organizationId, hashOf(secret), userId, sealed, expiresAt],
    );
    return formatScopedSecret(secret);
  }

  /** Counts a try; null when there is no such attempt, it is over, or it has been tried too often. */
  async try(tx: Tx, secret: ScopedSecret): Promise<LoginAttempt | null> {
    const found = await row<{ user_id: UserId | null; state_sealed: Buffer }>(
      tx,
      `UPDATE login_attempt a SET tries = a.tries + 1
       WHERE a.organization_id = $1 AND a.secret_hash = $2 AND a.expires_at > $3 AND a.tries < $4
       RETURNING a.user_id, a.state_sealed`,
      [secret.organizationId, hashOf(secret), this.clock.now(), MAX_TRIES],
    );
    return found && { secret, userId: found.user_id, sealed: found.state_sealed };
  }

  /** Uses it up; false when somebody else has. */
  async finish(tx: Tx, { organizationId, ...secret }: ScopedSecret): Promise<boolean> {
    const gone = await rows(
      tx,
      'DELETE FROM login_attempt a WHERE a.organization_id = $1 AND a.secret_hash = $2 RETURNING a.secret_hash',
      [organizationId, hashOf({ organizationId, ...secret })],
    );
    return gone.length === 1;
  }

  async open({ secret, sealed }: LoginAttempt): Promise<LoginState> {
    return JSON.parse(await this.personal.open(placeOf(secret), sealed)) as LoginState;
  }

  async parse(loginToken: string): Promise<ScopedSecret | null> {
    const named = parseNamedSecret(loginToken);
    if (!named) return parseScopedSecret(loginToken);
    const organizationId = await organizationOf(this.db, named.handle);
    return organizationId && { organizationId, secret: named.secret };
  }
}

/** Sealed for the very secret that finds it. */
const placeOf = (secret: ScopedSecret) => ({
  organizationId: secret.organizationId,
  column: 'login_attempt.state' as const,
  rowId: hashOf(secret).toString('base64url'),
});

/** Attempts that nobody can finish any more. */
export const deleteOldAttempts = (tx: Tx, organizationId: OrganizationId, now: Date): Promise<unknown> =>
  rows(tx, 'DELETE FROM login_attempt a WHERE a.organization_id = $1 AND a.expires_at < $2', [organizationId, now]);
