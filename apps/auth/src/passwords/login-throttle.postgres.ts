import { Injectable } from '@nestjs/common';
import { AppError, Clock, type OrganizationId } from '@relais/kernel';
import { Database, type Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { PersonalData } from '../sealing/personal-data.js';

const WINDOW_MS = 15 * 60_000;
const TRIES_PER_WINDOW = 10;
/** Failures in a row after which only devices the person has used before may go on trying. */
const TRIES_IN_A_ROW = 100;
/** A lock ends by itself when nobody has tried for this long. */
export const THROTTLE_MEMORY_MS = 24 * 3_600_000;
/** Accounts of organizations that do not exist are counted like all others, or counting would tell. */
const NOBODYS = '00000000-0000-0000-0000-000000000000' as OrganizationId;

/** Whose password is being tried, from which device. */
export interface Attempt {
  organization: string;
  email: string;
  deviceId: string;
  /** The device has signed in as this person before, and with the same key. */
  isKnownDevice: boolean;
}

/**
 * Limits guesses: 10 per account and device in 15 minutes, and 100 in a row per account for devices it does not know.
 * Strangers therefore cannot lock a person out of the devices they use (P-15, A-20).
 */
@Injectable()
export class LoginThrottle {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts a try before it is made, so that many at once cannot slip through together.
   *
   * @throws AppError `login_throttled` with `retryAfterMs`
   */
  async count(attempt: Attempt): Promise<void> {
    const now = this.clock.now();
    const [account, device] = await this.keysOf(attempt);
    const retryAfterMs = await this.db.outside(async (tx) => {
      const onDevice = await countTry(tx, device, now, WINDOW_MS);
      if (onDevice.tries > TRIES_PER_WINDOW) return onDevice.window_started_at.getTime() + WINDOW_MS - now.getTime();
      if (attempt.isKnownDevice) return 0;
      const onAccount = await countTry(tx, account, now, THROTTLE_MEMORY_MS);
      return onAccount.tries > TRIES_IN_A_ROW
        ? onAccount.window_started_at.getTime() + THROTTLE_MEMORY_MS - now.getTime()
        : 0;
    });
    if (retryAfterMs > 0) throw new AppError('rate_limited', 'login_throttled', undefined, { retryAfterMs });
  }

  /** The password was right: failures before it no longer count. */
  async forgive(attempt: Attempt): Promise<void> {
    const keys = await this.keysOf(attempt);
    await this.db.outside((tx) => rows(tx, 'DELETE FROM login_throttle t WHERE t.key = ANY($1::bytea[])', [keys]));
  }

  private keysOf({ organization, email, deviceId }: Attempt): Promise<[Buffer, Buffer]> {
    const account = `${organization}\n${email.normalize('NFKC').trim().toLowerCase()}`;
    return Promise.all([
      this.personal.digest(NOBODYS, account),
      this.personal.digest(NOBODYS, `${account}\n${deviceId}`),
    ]);
  }
}

interface Tries {
  tries: number;
  window_started_at: Date;
}

async function countTry(tx: Tx, key: Buffer, now: Date, windowMs: number): Promise<Tries> {
  const counted = await row<Tries>(
    tx,
    `INSERT INTO login_throttle AS t (key, tries, window_started_at, last_tried_at) VALUES ($1, 1, $2, $2)
     ON CONFLICT (key) DO UPDATE SET
       tries = CASE WHEN t.window_started_at <= $3 THEN 1 ELSE t.tries + 1 END,
       window_started_at = CASE WHEN t.window_started_at <= $3 THEN $2 ELSE t.window_started_at END,
       last_tried_at = $2
     RETURNING tries, window_started_at`,
    [key, now, new Date(now.getTime() - windowMs)],
  );
  return counted as Tries;
}
