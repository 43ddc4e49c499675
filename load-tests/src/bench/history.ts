import pg from 'pg';
import type { World } from '../world/world.js';

/**
 * Fills the log with old entries of other conversations, as a busy year would: written by the database itself, with
 * bodies of a usual size that nobody will open.
 */
export async function growHistory(world: World, entries: number): Promise<void> {
  const client = await adminOf(world);
  const perConversation = 1_000;
  try {
    await client.query(
      `INSERT INTO entry (organization_id, conversation_id, seq, id, kind, sender_id, sender_device_id, body, recorded_at)
       SELECT $1, md5('bench' || (n / ${perConversation})::text)::uuid, n % ${perConversation} + 1, gen_random_uuid(), 'message',
              $1, $1, decode(repeat('ab', 165), 'hex'), now() - interval '30 days' + n * interval '1 millisecond'
       FROM generate_series((SELECT count(*) FROM entry WHERE recorded_at < now() - interval '1 day'), $2::bigint - 1) AS n
       ON CONFLICT DO NOTHING`,
      [world.people.owner.tokens.organizationId, entries],
    );
    await client.query('ANALYZE entry');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}

async function adminOf(world: World): Promise<pg.Client> {
  const url = new URL(world.cluster.servers.postgresUrl);
  url.pathname = new URL(world.cluster.databases('messaging').DATABASE_URL).pathname;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  return client;
}
