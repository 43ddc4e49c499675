import type { DevicePublicKey, Scope } from '@relais/contracts';
import type { BotKeyId, OrganizationId, UserId } from '@relais/kernel';
import { jwkThumbprint } from '@relais/security';
import type { Tx } from '../database/database.js';
import { row, rows, violates } from '../database/sql.js';

export interface NewBotKey {
  organizationId: OrganizationId;
  id: BotKeyId;
  botId: UserId;
  publicKey: DevicePublicKey;
  now: Date;
}

/** Adds a key. See `isKeyReused`. */
export async function insertBotKey(
  tx: Tx,
  { organizationId, id, botId, publicKey, now }: NewBotKey,
): Promise<{ keyThumbprint: string }> {
  const keyThumbprint = jwkThumbprint(publicKey);
  await rows(
    tx,
    `INSERT INTO bot_key (organization_id, id, bot_id, public_key, key_thumbprint, created_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [organizationId, id, botId, publicKey.x, keyThumbprint, now],
  );
  return { keyThumbprint };
}

/** A key stays with the bot it was first given to, also when it is retired. */
export const isKeyReused = (thrown: unknown): boolean => violates(thrown, 'bot_key_key');

/** False when there is no such key of this bot in use. */
export async function retireKey(
  tx: Tx,
  organizationId: OrganizationId,
  botId: UserId,
  id: BotKeyId,
  now: Date,
): Promise<boolean> {
  const retired = await rows(
    tx,
    `UPDATE bot_key k SET retired_at = $4
     WHERE k.organization_id = $1 AND k.bot_id = $2 AND k.id = $3 AND k.retired_at IS NULL RETURNING k.id`,
    [organizationId, botId, id, now],
  );
  return retired.length > 0;
}

export interface UsableKey {
  state: 'active' | 'disabled';
  scopes: Scope[];
  public_key: string;
  key_thumbprint: string;
}

/** A key in use with its bot, both held against any change until the transaction ends; scopes change under the bot's lock. */
export const holdKey = (
  tx: Tx,
  organizationId: OrganizationId,
  botId: UserId,
  id: BotKeyId,
): Promise<UsableKey | null> =>
  row(
    tx,
    `SELECT u.state, b.scopes, k.public_key, k.key_thumbprint FROM app_user u
     JOIN bot b ON b.organization_id = u.organization_id AND b.id = u.id
     JOIN bot_key k ON k.organization_id = b.organization_id AND k.bot_id = b.id
     WHERE u.organization_id = $1 AND u.id = $2 AND k.id = $3 AND k.retired_at IS NULL FOR SHARE OF u, k`,
    [organizationId, botId, id],
  );

/** Remembers an assertion until it has expired; false when it was used before. */
export async function useAssertion(
  tx: Tx,
  organizationId: OrganizationId,
  jtiHash: Buffer,
  expiresAt: Date,
): Promise<boolean> {
  const used = await rows(
    tx,
    `INSERT INTO bot_assertion (organization_id, jti_hash, expires_at) VALUES ($1, $2, $3)
     ON CONFLICT DO NOTHING RETURNING jti_hash`,
    [organizationId, jtiHash, expiresAt],
  );
  return used.length > 0;
}

/** Forgets assertions that have expired. */
export async function forgetAssertions(tx: Tx, organizationId: OrganizationId, now: Date): Promise<void> {
  await rows(tx, 'DELETE FROM bot_assertion a WHERE a.organization_id = $1 AND a.expires_at < $2', [
    organizationId,
    now,
  ]);
}

/** When the bot last got a token. */
export async function noteUse(tx: Tx, organizationId: OrganizationId, id: UserId, now: Date): Promise<void> {
  await rows(tx, 'UPDATE bot b SET last_used_at = $3 WHERE b.organization_id = $1 AND b.id = $2', [
    organizationId,
    id,
    now,
  ]);
}
