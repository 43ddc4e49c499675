import type { Revocation } from '@relais/contracts';
import { brakeAt } from '../directory/plan.js';
import type { Tx } from '../database/database.js';
import { rows } from '../database/sql.js';
import { deleteSessions } from '../sessions/session-rows.postgres.js';
import { revoke } from '../trust/revocations.postgres.js';
import { hasOtherOwner, type UserRow } from '../users/user-rows.postgres.js';
import { notePutOut, putOutsSince } from './provisioning-rows.postgres.js';
import type { ScimClient } from './scim-client.js';
import { ScimError } from './scim-error.js';

const WINDOW_MS = 3_600_000;

/** Why somebody is not put out; it becomes a refused fact. */
export class PutOutRefused extends ScimError {
  constructor(
    readonly userId: string,
    readonly code: 'protected' | 'last_owner' | 'brake',
    status: number,
    detail: string,
    retryAfterSeconds?: number,
  ) {
    super(status, detail, undefined, retryAfterSeconds);
  }
}

/**
 * Whether a client may put this person out: not one who is protected, not the last owner, and not more within an hour than
 * its brake lets through, which only an administrator releases. Counts it. The caller holds the organization and the person.
 *
 * @throws PutOutRefused
 */
export async function takePutOut(tx: Tx, client: ScimClient, user: UserRow, now: Date): Promise<void> {
  const { organizationId, clientId, settings } = client;
  if (user.state !== 'active') return;
  if (settings.protectedUserIds.includes(user.id))
    throw new PutOutRefused(user.id, 'protected', 403, 'this person is protected from provisioning');
  if (user.role === 'owner' && !(await hasOtherOwner(tx, organizationId, user.id)))
    throw new PutOutRefused(user.id, 'last_owner', 403, 'the last owner stays');
  const { count, oldest, people } = await putOutsSince(
    tx,
    organizationId,
    clientId,
    new Date(now.getTime() - WINDOW_MS),
  );
  const limit = Math.max(settings.brake.always, brakeAt(settings, people));
  if (count >= limit) {
    const waitMs = (oldest?.getTime() ?? now.getTime()) + WINDOW_MS - now.getTime();
    const detail = `more than ${limit} people within an hour need an administrator: releaseProvisioningBrake`;
    throw new PutOutRefused(user.id, 'brake', 429, detail, Math.max(1, Math.ceil(waitMs / 1_000)));
  }
  await notePutOut(tx, organizationId, { clientId, userId: user.id, now });
}

/** Disables a person and ends their sessions. */
export async function putOut(tx: Tx, { organizationId }: ScimClient, user: UserRow): Promise<Revocation[]> {
  await rows(tx, `UPDATE app_user u SET state = 'disabled' WHERE u.organization_id = $1 AND u.id = $2`, [
    organizationId,
    user.id,
  ]);
  await deleteSessions(tx, organizationId, { userId: user.id });
  return revoke(tx, 'user', [user.id]);
}
