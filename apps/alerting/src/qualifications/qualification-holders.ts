import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { deleteQualificationHolder, listQualificationHolders, putQualificationHolder } from '@relais/contracts';
import { Database } from '@relais/database';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { Audiences } from '../audience.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { dropHolder, hasQualification, holderPage, writeHolder } from './qualification-rows.postgres.js';
import { qualificationSubject } from './qualifications.js';

/** Who holds what, and until when. */
@Injectable()
export class QualificationHoldersHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly audiences: Audiences,
  ) {}

  @Serves(putQualificationHolder)
  async put(
    { qualificationId, userId, validUntil }: z.output<typeof putQualificationHolder.input>,
    { principal }: RequestContext,
  ): Promise<Record<string, never>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const holder = { userIds: [userId], poolIds: [], everyone: false };
    const [active] = await this.audiences.expand(organizationId, null, holder);
    if (!active) throw putQualificationHolder.fail('user_not_found', 'there is no such active person');
    return this.db.within(organizationId, async (tx) => {
      if (!(await writeHolder(tx, organizationId, { qualificationId, userId, validUntil: validUntil ?? null })))
        throw putQualificationHolder.fail('qualification_not_found');
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(principal.userId), action: 'qualification.held' },
        ...{ object: qualificationSubject(qualificationId), after: { userId, validUntil: validUntil ?? null } },
      });
      return {};
    });
  }

  @Serves(deleteQualificationHolder)
  async delete(
    { qualificationId, userId }: z.output<typeof deleteQualificationHolder.input>,
    { principal }: RequestContext,
  ): Promise<Record<string, never>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      if (!(await hasQualification(tx, organizationId, qualificationId)))
        throw deleteQualificationHolder.fail('qualification_not_found');
      if (!(await dropHolder(tx, organizationId, qualificationId, userId)))
        throw deleteQualificationHolder.fail('user_not_found', 'this person does not hold it');
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(principal.userId), action: 'qualification.released' },
        ...{ object: qualificationSubject(qualificationId), before: { userId } },
      });
      return {};
    });
  }

  @Serves(listQualificationHolders)
  async list(
    { qualificationId, cursor, limit }: z.output<typeof listQualificationHolders.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listQualificationHolders.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const after = /^[0-9a-f-]{36}$/.test(cursor ?? '') ? (cursor as string) : null;
    const found = await this.db.within(organizationId, async (tx) => {
      if (!(await hasQualification(tx, organizationId, qualificationId)))
        throw listQualificationHolders.fail('qualification_not_found');
      return holderPage(tx, organizationId, qualificationId, { after, limit: limit + 1 });
    });
    const page = found.slice(0, limit);
    const items = page.map(({ user_id: userId, valid_until, is_valid: isValid }) => ({
      ...{ userId, isValid, ...(valid_until ? { validUntil: valid_until.toISOString() } : {}) },
    }));
    return { items, ...(found.length > limit ? { next: page.at(-1)?.user_id } : {}) };
  }
}
