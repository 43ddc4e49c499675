import type { DatabaseService } from '@relais/devstack';
import pg from 'pg';
import type { World } from '../world/world.js';

/** Works on the database of a service as the administrator of the server, beside the service: to fill it, and to look. */
export async function inDatabase<Result>(
  world: World,
  service: DatabaseService,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const url = new URL(world.cluster.servers.postgresUrl);
  url.pathname = new URL(world.cluster.databases(service).DATABASE_URL).pathname;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
