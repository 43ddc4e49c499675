import type { World } from '../world/world.js';
import { inDatabase } from './admin-database.js';

/**
 * Fills the log with old entries of other conversations, as a busy year would: written by the database itself, with
 * bodies of a usual size that nobody will open.
 */
export function growHistory(world: World, entries: number): Promise<void> {
  const perConversation = 1_000;
  return inDatabase(world, 'messaging', async (client) => {
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
  });
}
