import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { createEnrolment, type Enrolment, listEnrolments, revokeEnrolment } from '@relais/contracts';
import { Clock, type InvitationId, newId } from '@relais/kernel';
import { hashSecret, newSecret, type Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { androidBundle, type AppConfigFile, iosPlist } from '../app-policy/app-config.js';
import { findLayer } from '../app-policy/app-policy-rows.postgres.js';
import { mergePolicy } from '../app-policy/merge.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { insertInvitation } from '../invitations/invitation-rows.postgres.js';
import { findOrganization } from '../organizations/organization-rows.postgres.js';
import { actorSomewhere, actorWith, assertReaches, forbidden } from '../permissions/actor.postgres.js';
import { arePools, defaultPool } from '../pools/pool-rows.postgres.js';
import { findUser } from '../users/user-rows.postgres.js';
import {
  deleteEnrolment,
  findEnrolment,
  insertEnrolment,
  type KnownEnrolment,
  listEnrolmentRows,
  toEnrolment,
} from './enrolment-rows.postgres.js';
import { deepLinkOf, enrolmentHash, EnrolmentTokens } from './enrolment-token.js';

type Command = z.output<typeof createEnrolment.input>;
type For = Command['for'];

/** Tokens that administrators make for devices. */
@Injectable()
export class ManageEnrolmentsHandler {
  constructor(
    private readonly db: Database,
    private readonly tokens: EnrolmentTokens,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(createEnrolment)
  async create(command: Command, { principal }: RequestContext): Promise<z.input<typeof createEnrolment.output>> {
    const { organizationId } = principal;
    const { serverUrl, validSeconds, managed } = command;
    const handle = await this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal, command.for);
      return (await findOrganization(tx, organizationId))?.handle;
    });
    if (handle === undefined) throw forbidden('no such organization');
    const now = this.clock.now();
    const secret = newSecret();
    const expiresAt = new Date(now.getTime() + validSeconds * 1_000);
    const token = await this.tokens.sign({ organizationId, handle, serverUrl, secret, issuedAt: now, expiresAt });
    const made = await this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal, command.for);
      return this.write(tx, principal, command, { token, secret, now, expiresAt });
    });
    const keys = { serverUrl, organizationId, enrolmentToken: token };
    const file = managed && (await this.configure(organizationId, managed, keys));
    const answer = { ...toEnrolment(made), enrolmentToken: token, deepLink: deepLinkOf(token) };
    return file ? { ...answer, managedConfiguration: file } : answer;
  }

  @Serves(listEnrolments)
  async list(_: unknown, { principal }: RequestContext): Promise<{ items: Enrolment[] }> {
    const found = await this.db.within(principal.organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_devices');
      return listEnrolmentRows(tx, principal.organizationId, this.clock.now());
    });
    return { items: found.map(toEnrolment) };
  }

  @Serves(revokeEnrolment)
  revoke({ enrolmentId }: { enrolmentId: string }, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await actorSomewhere(tx, principal, 'manage_devices');
      const found = await findEnrolment(tx, organizationId, enrolmentId);
      if (!found) throw revokeEnrolment.fail('enrolment_not_found');
      await actorWith(tx, principal, 'manage_devices', await targetOf(tx, principal, toEnrolment(found).for));
      if (!(await deleteEnrolment(tx, organizationId, enrolmentId))) throw revokeEnrolment.fail('enrolment_not_found');
      const object = { kind: 'enrolment', id: enrolmentId };
      await recordFact(tx, organizationId, { actor: actorSubject(principal), action: 'enrolment.withdrawn', object });
      return {};
    });
  }

  /** For somebody new it takes, besides, what an invitation takes. */
  private async assertMay(tx: Tx, principal: Principal, whom: For): Promise<void> {
    const target = await targetOf(tx, principal, whom);
    const actor = await actorWith(tx, principal, 'manage_devices', target);
    if (whom.kind === 'newcomer') {
      await actorWith(tx, principal, 'invite', target);
      assertReaches(actor, whom.role);
      if (!(await arePools(tx, principal.organizationId, whom.poolIds))) throw createEnrolment.fail('pool_not_found');
    } else if ((await findUser(tx, principal.organizationId, whom.userId))?.state !== 'active')
      throw createEnrolment.fail('user_not_found');
    await this.freshness.assertFresh(tx, principal);
  }

  private async write(
    tx: Tx,
    { organizationId, userId }: Principal,
    { for: whom, managed }: Command,
    { token, secret, now, expiresAt }: { token: string; secret: string; now: Date; expiresAt: Date },
  ): Promise<KnownEnrolment> {
    const times = { created_at: now, expires_at: expiresAt, used_at: null };
    const invitationId = whom.kind === 'newcomer' ? newId<InvitationId>() : null;
    if (whom.kind === 'newcomer' && invitationId)
      await insertInvitation(
        tx,
        organizationId,
        {
          ...times,
          id: invitationId,
          invited_by: userId,
          role: whom.role,
          pool_ids: [...whom.poolIds],
          email_index: null,
        },
        hashSecret(secret),
      );
    const made = {
      ...{ id: newId(), made_by: userId, user_id: whom.kind === 'person' ? whom.userId : null },
      ...{ ...times, invitation_id: invitationId, is_managed: managed !== undefined },
    };
    await insertEnrolment(tx, organizationId, { ...made, tokenHash: enrolmentHash(token) });
    await recordFact(tx, organizationId, {
      actor: actorSubject({ userId }),
      action: 'enrolment.made',
      object: { kind: 'enrolment', id: made.id },
      after: { kind: whom.kind, for: made.user_id ?? invitationId, expiresAt: expiresAt.toISOString() },
    });
    const granted = whom.kind === 'newcomer' ? whom : { role: null, poolIds: null };
    return { ...made, role: granted.role, pool_ids: granted.poolIds };
  }

  private async configure(
    organizationId: Principal['organizationId'],
    { format, appId }: NonNullable<Command['managed']>,
    keys: Record<string, string>,
  ): Promise<AppConfigFile> {
    const layer = await this.db.within(organizationId, (tx) =>
      findLayer(tx, organizationId, { layer: 'organization', subjectId: organizationId }),
    );
    const policy = mergePolicy({ organization: layer?.settings ?? {}, pools: [], device: {} });
    return format === 'ios_plist' ? iosPlist(policy, keys) : androidBundle(policy, appId, keys);
  }
}

async function targetOf(tx: Tx, { organizationId }: Principal, whom: For) {
  if (whom.kind === 'person') return { userId: whom.userId };
  return { poolIds: whom.poolIds.length > 0 ? whom.poolIds : [await defaultPool(tx, organizationId)] };
}
