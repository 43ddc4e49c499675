import pg from 'pg';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';

const LOOK_EVERY_MS = 100;
/** The default of DATABASE_POOL_SIZE, of which four fifths may be at work. */
const POOL_SIZE = 8;
const MOST = 0.8 * POOL_SIZE;

/** Looks ten times a second at how many connections of each replica's pool PostgreSQL has work for. */
export class PoolWatch {
  private isOver = false;
  private readonly looking: Promise<void>;
  /** Of any replica, at any look. */
  most = 0;
  /** Looks at which a pool was fuller than it may be, of all looks. */
  tooFull = 0;
  looks = 0;

  private constructor(private readonly client: pg.Client) {
    this.looking = this.look();
  }

  static async start({ cluster }: World): Promise<PoolWatch> {
    const client = new pg.Client({ connectionString: cluster.servers.postgresUrl });
    await client.connect();
    return new PoolWatch(client);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.looking;
    await this.client.end();
  }

  private async look(): Promise<void> {
    while (!this.isOver) {
      const { rows } = await this.client.query<{ busy: number }>(
        `SELECT count(*)::int AS busy FROM pg_stat_activity a
          WHERE a.state <> 'idle' AND a.datname IN ('relais_auth', 'relais_messaging', 'relais_alerting')
          GROUP BY a.application_name`,
      );
      const busiest = Math.max(0, ...rows.map(({ busy }) => busy));
      this.most = Math.max(this.most, busiest);
      this.looks++;
      if (busiest > MOST) this.tooFull++;
      await pause(LOOK_EVERY_MS);
    }
  }
}
