import type { Log, ReferenceClock } from '@relais/observability';
import type { DataSource } from 'typeorm';

const EVERY_MS = 5_000;

/** Keeps a clock at the database's time, which all replicas share. */
export class DatabaseTime {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: DataSource,
    private readonly clock: ReferenceClock,
    private readonly log: Log,
  ) {}

  /** Resolves after the first look. */
  async start(): Promise<void> {
    this.timer = setInterval(() => void this.look(), EVERY_MS);
    await this.look();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Never rejects: the clock goes on by itself while the database is away. */
  async look(): Promise<void> {
    const askedMs = performance.now();
    try {
      const [row]: { ms: number }[] = await this.db.query(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
      );
      this.clock.note(row?.ms ?? Number.NaN, askedMs);
    } catch (error) {
      this.log.debug({ event: 'database.time_unknown', error });
    }
  }
}
