import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import {
  type DatedRevocation,
  LIMITS,
  REVOCATIONS_PER_MESSAGE,
  revoked,
  revokedDated,
  tellRevocations,
} from '@relais/contracts';
import { TrustStore } from '@relais/security';
import { Database, type Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { putOut, type RevocationCause } from '../metrics.js';

/** Revocations older than this have no token left to refuse; the minute more is for slow commits and clocks. */
const REMEMBERED_SECONDS = LIMITS.accessTokenSeconds + 60;

interface RevocationRow {
  subject_id: string;
  epoch: string;
  revoked_at: Date;
}

const toRevocation = ({ subject_id, epoch, revoked_at }: RevocationRow): DatedRevocation => ({
  subjectId: subject_id,
  epoch: Number(epoch),
  revokedAt: revoked_at.toISOString(),
});

/**
 * The one counter of revocation.
 *
 * Whoever issues a token reads the counter first and then locks the rows of the person and the device (FOR SHARE) and of
 * the session; whoever puts one of them out changes its row first and only then raises the counter. So either the issuer
 * waits and sees the change, or the change comes after the issue and its number is higher than the one in the token.
 * Reading alone would not do: a sequence shows values of transactions that have not committed.
 */
@Injectable()
export class Revocations {
  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly trust: TrustStore,
  ) {}

  /** After the commit: tells every replica of every service, and this one. Whoever does not hear it finds it by polling. */
  announce(revocations: readonly DatedRevocation[]): void {
    if (revocations.length === 0) return;
    this.trust.applyRevocations(revocations);
    for (let at = 0; at < revocations.length; at += REVOCATIONS_PER_MESSAGE) {
      const told = tellRevocations(revocations.slice(at, at + REVOCATIONS_PER_MESSAGE));
      this.bus.signal(revokedDated, told);
      this.bus.signal(revoked, { revocations: told.revocations });
    }
  }

  /** All that may still matter, of all organizations. */
  async list(): Promise<DatedRevocation[]> {
    const all: DatedRevocation[] = [];
    for (;;) {
      const page = await this.page(all.at(-1)?.epoch ?? 0);
      all.push(...page);
      if (page.length < REVOCATIONS_PER_MESSAGE) return all;
    }
  }

  /** Those that follow a number, by their number. Whatever is put out again meanwhile gets a higher one, so none is missed. */
  page(after: number): Promise<DatedRevocation[]> {
    return this.db.outside(async (tx) => {
      const found = await rows<RevocationRow>(
        tx,
        `SELECT r.subject_id, r.epoch::text, r.revoked_at FROM revocation r
         WHERE r.epoch > $1 AND r.revoked_at > clock_timestamp() - $2 * interval '1 second'
         ORDER BY r.epoch LIMIT $3`,
        [after, REMEMBERED_SECONDS, REVOCATIONS_PER_MESSAGE],
      );
      return found.map(toRevocation);
    });
  }

  /** Forgets what no longer matters. */
  async tidy(): Promise<void> {
    await this.db.outside((tx) =>
      rows(tx, `DELETE FROM revocation r WHERE r.revoked_at < clock_timestamp() - $1 * interval '1 second'`, [
        REMEMBERED_SECONDS * 2,
      ]),
    );
  }
}

/** What a token issued in this transaction carries. Call it before looking at anything the token depends on. */
export async function readEpoch(tx: Tx): Promise<number> {
  const counter = await row<{ epoch: string }>(
    tx,
    `SELECT pg_sequence_last_value('revocation_counter')::text AS epoch`,
  );
  return Number(counter?.epoch);
}

/** Raises the counter for these ids. Call it after the rows were changed, in the same transaction; announce after the commit. */
export async function revoke(
  tx: Tx,
  cause: RevocationCause,
  subjectIds: readonly string[],
): Promise<DatedRevocation[]> {
  if (subjectIds.length === 0) return [];
  const written = await rows<RevocationRow>(
    tx,
    `INSERT INTO revocation (subject_id, epoch)
     SELECT s.id, nextval('revocation_counter') FROM unnest($1::uuid[]) AS s (id)
     ON CONFLICT (subject_id) DO UPDATE SET epoch = greatest(revocation.epoch, excluded.epoch), revoked_at = clock_timestamp()
     RETURNING subject_id, epoch::text, revoked_at`,
    [subjectIds.toSorted()],
  );
  putOut(cause, written.length);
  return written.map(toRevocation);
}
