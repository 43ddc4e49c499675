import type { Database } from '@relais/database';
import type { Log } from '@relais/observability';
import type { Engine } from '../engine/engine.js';
import { awaitingIs, cycleAgeIs, drillScoreIs, findingsAre, probeSuccessIs, unreachedAre } from '../metrics.js';
import { measured } from './measurements.postgres.js';

const EVERY_MS = 5_000;
const PROBE_HOLDS_SECONDS = 150;

/** Shows on /metrics what all organizations measured last, whichever replica did it. */
export class Gauges {
  private timer: NodeJS.Timeout | undefined;
  private reading = Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly engine: Pick<Engine, 'stalledMs'>,
    private readonly log: Log,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.show(), EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  /** Never rejects: what could not be read stays as it was. */
  show(): Promise<void> {
    cycleAgeIs(this.engine.stalledMs / 1_000);
    this.reading = this.read().catch((error: unknown) => this.log.warn({ event: 'alerting.gauges_failed', error }));
    return this.reading;
  }

  private async read(): Promise<void> {
    for (const { name, label, total, least, most, age_seconds } of await this.db.outside((tx) => measured(tx))) {
      if (name === 'unreached') unreachedAre(label, total);
      if (name === 'awaiting') awaitingIs(most);
      if (name === 'findings') findingsAre(label, total);
      if (name === 'drill_score') drillScoreIs(label, least);
      // Whoever measures every minute and has not for more than two does not get through.
      if (name === 'probe' && label === 'success') probeSuccessIs(least === 1 && age_seconds < PROBE_HOLDS_SECONDS);
    }
  }
}
