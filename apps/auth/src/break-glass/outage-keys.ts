import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { deleteOutageKey, listOutageKeys, OUTAGE_KEYS, type OutageKey, putOutageKey } from '@relais/contracts';
import { Clock, type OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import {
  findOutageKey,
  insertOutageKey,
  type OutageKeyRow,
  outageKeys,
  removeOutageKey,
} from './outage-key-rows.postgres.js';

type Command = z.output<typeof putOutageKey.input>;

const DAY_MS = 86_400_000;

/** Keys that lie in safes and switch outage mode on the day when nobody can sign in. Only their public halves are here. */
@Injectable()
export class OutageKeysHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(putOutageKey)
  async put({ keyId: id, publicKey, label, validDays }: Command, { principal }: RequestContext): Promise<OutageKey> {
    const { organizationId, userId: issuedBy } = principal;
    await this.db.within(organizationId, (tx) => this.assertMayIssue(tx, principal));
    const labelSealed = await this.personal.seal(placeOf(organizationId, id), label);
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + validDays * DAY_MS);
    const key = await this.db.within(organizationId, async (tx) => {
      await this.assertMayIssue(tx, principal);
      const known = await findOutageKey(tx, organizationId, id);
      if (known && known.public_key !== publicKey) throw putOutageKey.fail('outage_key_reused');
      if (known) return known;
      if ((await outageKeys(tx, organizationId)).length >= OUTAGE_KEYS.perOrganization)
        throw putOutageKey.fail('too_many_outage_keys', `there are ${OUTAGE_KEYS.perOrganization}: take one back`);
      await insertOutageKey(tx, organizationId, { id, publicKey, labelSealed, issuedBy, now, expiresAt });
      await recordFact(tx, organizationId, {
        ...{ actor: actorSubject(principal), action: 'outage-key.issued', object: { kind: 'outage-key', id } },
        after: { expiresAt: expiresAt.toISOString() },
      });
      return (await findOutageKey(tx, organizationId, id)) as OutageKeyRow;
    });
    return this.show(organizationId, key);
  }

  @Serves(listOutageKeys)
  async list(_: unknown, { principal }: RequestContext): Promise<{ items: OutageKey[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_break_glass');
      return outageKeys(tx, organizationId);
    });
    return { items: await Promise.all(found.map((key) => this.show(organizationId, key))) };
  }

  /** Takes only away, so it asks for no more than the permission: it may have to be quick. */
  @Serves(deleteOutageKey)
  delete({ keyId: id }: { keyId: string }, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_break_glass');
      if (!(await findOutageKey(tx, organizationId, id))) throw deleteOutageKey.fail('outage_key_not_found');
      await removeOutageKey(tx, organizationId, id);
      const object = { kind: 'outage-key', id };
      await recordFact(tx, organizationId, { actor: actorSubject(principal), action: 'outage-key.deleted', object });
      return {};
    });
  }

  private async assertMayIssue(tx: Tx, principal: Principal): Promise<void> {
    await actorWith(tx, principal, 'manage_break_glass');
    await this.freshness.assertFresh(tx, principal);
  }

  private async show(organizationId: OrganizationId, key: OutageKeyRow): Promise<OutageKey> {
    return {
      id: key.id as never,
      label: await this.personal.open(placeOf(organizationId, key.id), key.label_sealed),
      ...{ issuedBy: key.issued_by, createdAt: key.created_at.toISOString(), expiresAt: key.expires_at.toISOString() },
      ...(key.last_used_at ? { lastUsedAt: key.last_used_at.toISOString() } : {}),
    };
  }
}

const placeOf = (organizationId: OrganizationId, rowId: string) =>
  ({ organizationId, column: 'outage_key.label', rowId }) as const;
