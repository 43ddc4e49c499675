import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { deleteQualification, listQualifications, putQualification } from '@relais/contracts';
import { Database } from '@relais/database';
import { AppError, type OrganizationId } from '@relais/kernel';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { dropQualification, listQualificationRows, writeQualification } from './qualification-rows.postgres.js';

const MOST_QUALIFICATIONS = 500;
export const qualificationSubject = (id: string) => ({ kind: 'qualification', id });

/** What an organization calls what its people are able to do. */
@Injectable()
export class QualificationsHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly sealing: Sealing,
  ) {}

  @Serves(putQualification)
  async put(
    { qualificationId: id, qualification: { name } }: z.output<typeof putQualification.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof putQualification.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId, userId } = principal;
    const sealed = await this.sealing.seal(organizationId, 'qualification.name', id, name);
    return this.db.within(organizationId, async (tx) => {
      const all = await listQualificationRows(tx, organizationId);
      const before = all.find((one) => one.id === id);
      if (!before && all.length >= MOST_QUALIFICATIONS)
        throw putQualification.fail('too_many_qualifications', `there are ${MOST_QUALIFICATIONS}: delete one`);
      await writeQualification(tx, organizationId, id, sealed);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'qualification.set', object: qualificationSubject(id) },
      });
      return { id, name, holders: before?.holders ?? 0 };
    });
  }

  @Serves(listQualifications)
  async list(_: unknown, { principal }: RequestContext): Promise<z.input<typeof listQualifications.output>> {
    if (!(await this.access.may(principal, 'raise_alarms'))) await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, (tx) => listQualificationRows(tx, organizationId));
    const names = await this.sealing.openAll<string>(
      organizationId,
      'qualification.name',
      found.map(({ id, name_sealed }) => ({ id, sealed: name_sealed })),
    );
    return { items: found.map(({ id, holders }, at) => ({ id, name: names[at] ?? '', holders })) };
  }

  @Serves(deleteQualification)
  async delete(
    { qualificationId: id }: z.output<typeof deleteQualification.input>,
    { principal }: RequestContext,
  ): Promise<Record<string, never>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId, userId } = principal;
    return this.db.within(organizationId, async (tx) => {
      if (!(await dropQualification(tx, organizationId, id))) throw deleteQualification.fail('qualification_not_found');
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'qualification.deleted', object: qualificationSubject(id) },
      });
      return {};
    });
  }

  /** @throws AppError `qualification_not_found` when there is not every one of these */
  async assertAll(organizationId: OrganizationId, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const found = await this.db.within(organizationId, (tx) => listQualificationRows(tx, organizationId, ids));
    const missing = ids.filter((id) => !found.some((one) => one.id === id));
    if (missing.length > 0)
      throw new AppError('not_found', 'qualification_not_found', undefined, {
        says: `there is no qualification ${missing.join(', ')}`,
      });
  }
}
