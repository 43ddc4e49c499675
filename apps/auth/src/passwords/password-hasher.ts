import { hash, parseOptions, verify } from '@node-rs/argon2';
import { AppError } from '@relais/kernel';
import { newSecret } from '@relais/security';
import { hashing, hashWaiting } from '../metrics.js';
import { makePoolThreadsYield } from './pool-threads.js';

export interface HashParameters {
  memoryKib: number;
  passes: number;
}

export interface HashLimits extends HashParameters {
  /** Hashes at work at the same time; each takes one core for tens of milliseconds. */
  parallel: number;
  /** Calls waiting for their turn; more are refused. */
  queue: number;
}

/** Whoever has waited longer is refused: the caller's own deadline is near, and the hash would be made for nobody. */
const LONGEST_WAIT_MS = 1_000;

interface Waiting {
  sinceMs: number;
  admit(): void;
  refuse(error: AppError): void;
}

/** Stands where a person has no password of their own: who comes from a directory, bots. Nothing matches it. */
export const NO_PASSWORD = 'none';

/**
 * argon2id behind a gate: a flood of logins costs at most `parallel` cores, those only where nothing else wants them, and the
 * rest is told to come back.
 *
 * Passwords are compared whole, after NFKC, so that the same characters typed on another keyboard match.
 */
export class PasswordHasher {
  private working = 0;
  private readonly waiting: Waiting[] = [];
  private dummy: Promise<string> | undefined;
  private yielding: number | undefined;

  constructor(private readonly limits: HashLimits) {}

  /** @throws AppError `login_overloaded` with `retryAfterMs` */
  hash(password: string): Promise<string> {
    return this.takeTurn(() => hash(password.normalize('NFKC'), this.options));
  }

  /** Against a hash, or, when there is no account, against one nobody's password has: it takes the same time. */
  async verify(hashed: string | undefined, password: string): Promise<boolean> {
    const stored = hashed === NO_PASSWORD ? undefined : hashed;
    const against = stored ?? (await (this.dummy ??= hash(newSecret(), this.options)));
    const isRight = await this.takeTurn(() => verify(against, password.normalize('NFKC')));
    return isRight && stored !== undefined;
  }

  /** Whether a stored hash is weaker than what is asked for now. */
  isOutdated(stored: string): boolean {
    if (stored === NO_PASSWORD) return false;
    const { memoryCost, timeCost } = parseOptions(stored);
    return memoryCost < this.limits.memoryKib || timeCost < this.limits.passes;
  }

  /** Refuses now what would be refused later, before anything is counted or written. */
  assertRoom(): void {
    if (this.waiting.length >= this.limits.queue) throw overloaded();
  }

  private get options() {
    return { memoryCost: this.limits.memoryKib, timeCost: this.limits.passes, parallelism: 1 };
  }

  private async takeTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    this.assertRoom();
    if (this.working >= this.limits.parallel) await this.wait();
    else this.working++;
    try {
      const worked = hashing(work);
      this.yielding ??= makePoolThreadsYield();
      return await worked;
    } finally {
      this.handOver();
    }
  }

  /** Whoever leaves hands the place to the next in line, so `working` changes only when there is none. */
  private handOver(): void {
    const now = performance.now();
    let next = this.waiting.shift();
    while (next && now - next.sinceMs > LONGEST_WAIT_MS) {
      next.refuse(overloaded());
      next = this.waiting.shift();
    }
    if (next) next.admit();
    else this.working--;
    hashWaiting(this.waiting.length);
  }

  private wait(): Promise<void> {
    return new Promise((admit, refuse) => {
      this.waiting.push({ sinceMs: performance.now(), admit, refuse });
      hashWaiting(this.waiting.length);
    });
  }
}

const overloaded = (): AppError => new AppError('unavailable', 'login_overloaded', undefined, { retryAfterMs: 1_000 });
