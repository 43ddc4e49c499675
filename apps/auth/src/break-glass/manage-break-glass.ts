import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { BREAK_GLASS, issueBreakGlass, listBreakGlass, type Revocation, revokeBreakGlass } from '@relais/contracts';
import { Clock, newId } from '@relais/kernel';
import { hashSecret, newSecret, type Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { lockDeviceOf } from '../devices/change-device-state.postgres.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorWith, assertReaches } from '../permissions/actor.postgres.js';
import { endSessions } from '../sessions/session-rows.postgres.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { fromCursor, toCursor } from '../users/cursor.js';
import { lockUser } from '../users/user-rows.postgres.js';
import {
  type BreakGlassRow,
  countBreakGlass,
  findBreakGlass,
  insertBreakGlass,
  listBreakGlassRows,
  type NewBreakGlass,
  removeBreakGlass,
} from './break-glass-rows.postgres.js';

type Issue = z.output<typeof issueBreakGlass.input>;
type Shown = z.input<typeof listBreakGlass.output>['items'][number];

const DAY_MS = 86_400_000;

/** Credentials for the day when everything else is down, issued before it. */
@Injectable()
export class ManageBreakGlassHandler {
  constructor(
    private readonly db: Database,
    private readonly freshness: Freshness,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
  ) {}

  @Serves(issueBreakGlass)
  issue(command: Issue, { principal }: RequestContext): Promise<z.input<typeof issueBreakGlass.output>> {
    const { organizationId, userId: issuedBy } = principal;
    const [id, secret, now] = [newId(), newSecret(), this.clock.now()];
    const expiresAt = new Date(now.getTime() + command.validDays * DAY_MS);
    const draft = { ...command, id, issuedBy, now, expiresAt, secretHash: hashSecret(secret) };
    return this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal, command);
      if ((await countBreakGlass(tx, organizationId, command.userId, now)) >= BREAK_GLASS.perPerson)
        throw issueBreakGlass.fail('too_many_credentials');
      await insertBreakGlass(tx, organizationId, draft);
      await this.record(tx, principal, 'break-glass.issued', draft);
      const issued = (await findBreakGlass(tx, organizationId, id)) as BreakGlassRow;
      return { ...toShown(issued), secret };
    });
  }

  @Serves(listBreakGlass)
  async list(
    { userId, cursor, limit }: z.output<typeof listBreakGlass.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listBreakGlass.output>> {
    const after = fromCursor(cursor);
    const found = await this.db.within(principal.organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_break_glass');
      return listBreakGlassRows(tx, principal.organizationId, { userId, after, limit: limit + 1 });
    });
    const items = found.slice(0, limit).map(toShown);
    const last = found.length > limit ? items.at(-1) : undefined;
    return { items, ...(last ? { next: toCursor(last.id) } : {}) };
  }

  /** Takes only away, so it asks for no more than the permission: it may have to be quick. */
  @Serves(revokeBreakGlass)
  async revoke(
    { credentialId }: { credentialId: string },
    { principal }: RequestContext,
  ): Promise<Record<never, never>> {
    const { organizationId } = principal;
    const revocations = await this.db.within(organizationId, async (tx): Promise<Revocation[]> => {
      await actorWith(tx, principal, 'manage_break_glass');
      const found = await findBreakGlass(tx, organizationId, credentialId);
      if (!found) throw revokeBreakGlass.fail('credential_not_found');
      await lockUser(tx, organizationId, found.user_id);
      await removeBreakGlass(tx, organizationId, credentialId);
      const { id, user_id: userId, device_id: deviceId } = found;
      await this.record(tx, principal, 'break-glass.revoked', { id, userId, deviceId, expiresAt: found.expires_at });
      return endSessions(tx, 'break_glass', organizationId, { deviceId, method: 'brk' });
    });
    this.revocations.announce(revocations);
    return {};
  }

  /** Of nobody above the actor, and for a device that is in use by that very person. Person and device are locked. */
  private async assertMay(tx: Tx, principal: Principal, { userId, deviceId }: Issue): Promise<void> {
    const { organizationId } = principal;
    const actor = await actorWith(tx, principal, 'manage_break_glass', { userId });
    await this.freshness.assertFresh(tx, principal);
    const user = await lockUser(tx, organizationId, userId);
    if (user?.state !== 'active') throw issueBreakGlass.fail('user_not_found');
    assertReaches(actor, user.role);
    const device = await lockDeviceOf(tx, organizationId, { userId, deviceId });
    if (device?.state !== 'active') throw issueBreakGlass.fail('device_not_found');
  }

  private record(
    tx: Tx,
    principal: Principal,
    action: 'break-glass.issued' | 'break-glass.revoked',
    { id, userId, deviceId, expiresAt }: Pick<NewBreakGlass, 'id' | 'userId' | 'deviceId' | 'expiresAt'>,
  ): Promise<void> {
    const state = { userId, deviceId, expiresAt: expiresAt.toISOString() };
    return recordFact(tx, principal.organizationId, {
      actor: actorSubject(principal),
      action,
      object: { kind: 'break-glass', id },
      ...(action === 'break-glass.issued' ? { after: state } : { before: state }),
    });
  }
}

const toShown = (found: BreakGlassRow): Shown => ({
  id: found.id as never,
  userId: found.user_id,
  deviceId: found.device_id,
  issuedBy: found.issued_by,
  createdAt: found.created_at.toISOString(),
  expiresAt: found.expires_at.toISOString(),
  ...(found.last_used_at ? { lastUsedAt: found.last_used_at.toISOString() } : {}),
});
