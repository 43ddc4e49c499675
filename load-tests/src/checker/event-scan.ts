import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { entriesAppended } from '@relais/contracts';
import type { Cluster } from '@relais/devstack';
import pg from 'pg';
import { pause } from '../world/random.js';
import type { EventLookup } from './checker.js';

/** A connection to the cluster's NATS that may do everything. */
export async function adminNats(cluster: Cluster) {
  const { natsUrl, natsAdminSeed } = cluster.servers;
  const authenticator = natsAdminSeed
    ? { authenticator: nkeyAuthenticator(new TextEncoder().encode(natsAdminSeed)) }
    : {};
  return connect({ servers: natsUrl, ...authenticator });
}

/** Reads the stream of durable events from its beginning, once the outbox is empty. */
export class EventScan implements EventLookup {
  constructor(private readonly cluster: Cluster) {}

  async announced(): Promise<ReadonlySet<string>> {
    await this.whenRelayed();
    const nats = await adminNats(this.cluster);
    try {
      const manager = await jetstreamManager(nats);
      const { state } = await manager.streams.info('EVENTS');
      const seen = new Set<string>();
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage('EVENTS', { seq });
        if (message?.subject !== entriesAppended.subject) continue;
        const event = entriesAppended.data.safeParse(message.json());
        if (event.success) for (const entry of event.data.entries) seen.add(`${entry.conversationId}/${entry.seq}`);
      }
      return seen;
    } finally {
      await nats.close();
    }
  }

  /** Waits up to 20 s until the relay's cursor stands behind the last row. */
  private async whenRelayed(): Promise<void> {
    const { pathname } = new URL(this.cluster.databases('messaging').DATABASE_URL);
    const url = new URL(this.cluster.servers.postgresUrl);
    url.pathname = pathname;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      for (let attempt = 0; attempt < 100; attempt++) {
        const { rows } = await client.query<{ waiting: number }>(
          `SELECT count(*)::int AS waiting FROM outbox o, outbox_cursor c WHERE (o.xid, o.position) > (c.xid, c.position)`,
        );
        if (rows[0]?.waiting === 0) return;
        await pause(200);
      }
    } finally {
      await client.end();
    }
  }
}
