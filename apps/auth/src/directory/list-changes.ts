import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type DirectoryChange, listDirectoryChanges } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { z } from 'zod';
import { maskPhone } from '../addresses/phone.js';
import { Database } from '../database/database.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { PersonalData, type Reader } from '../sealing/personal-data.js';
import { findUsers, type UserRow } from '../users/user-rows.postgres.js';
import { DirectorySecrets } from './directory-settings.js';
import type { DirectoryRecord } from './read-directory.js';
import { type ChangeRow, changesFrom, findRun } from './run-rows.postgres.js';

type Before = NonNullable<DirectoryChange['before']>;

/** What a run plans for each person, or has done, beside what they are now or were before it. */
@Injectable()
export class ListDirectoryChangesHandler {
  constructor(
    private readonly db: Database,
    private readonly secrets: DirectorySecrets,
    private readonly personal: PersonalData,
  ) {}

  @Serves(listDirectoryChanges)
  async execute(
    { runId, cursor, limit }: z.output<typeof listDirectoryChanges.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listDirectoryChanges.output>> {
    const { organizationId } = principal;
    const after = /^\d{1,9}$/.test(cursor ?? '') ? Number(cursor) : 0;
    const { found, people } = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_directories');
      if (!(await findRun(tx, organizationId, runId))) throw listDirectoryChanges.fail('run_not_found');
      const found = await changesFrom(tx, organizationId, runId, { after, limit: limit + 1 });
      const ids = found.flatMap(({ user_id }) => user_id ?? []);
      return { found, people: await findUsers(tx, organizationId, ids) };
    });
    const shown = found.slice(0, limit);
    const items = await this.describe(organizationId, runId, shown, new Map(people.map((one) => [one.id, one])));
    const last = found.length > limit ? shown.at(-1) : undefined;
    return { items, ...(last ? { next: String(last.position) } : {}) };
  }

  private async describe(
    organizationId: OrganizationId,
    runId: string,
    changes: readonly ChangeRow[],
    people: ReadonlyMap<UserId, UserRow>,
  ): Promise<DirectoryChange[]> {
    const sealed = changes.map((change) => change.record_sealed);
    const records = await this.secrets.openAll(organizationId, runId, sealed);
    const known = [...people.values()].flatMap((one) => [one.email_sealed, one.display_name_sealed, one.phone_sealed]);
    const earlier = changes.flatMap((one) => [one.before_sealed, one.before_email_sealed, one.before_phone_sealed]);
    const values = [...known, ...earlier].filter((one) => one !== null);
    const reader = await this.personal.reader(organizationId, values);
    return changes.map((change, at) => {
      const record = JSON.parse(records[at] ?? 'null') as DirectoryRecord | null;
      const person = change.user_id ? people.get(change.user_id) : undefined;
      return toChange(change, record, person && beforeOf(reader, change, person));
    });
  }
}

/** Of who is made by the run there is nothing before it. */
function beforeOf(reader: Reader, change: ChangeRow, person: UserRow): Before | undefined {
  const { kind, before, before_sealed, before_email_sealed, before_phone_sealed, left_digest } = change;
  if (kind === 'create') return undefined;
  const phoneSealed = left_digest ? before_phone_sealed : person.phone_sealed;
  const { role, state, poolIds } = before ?? { role: person.role, state: person.state, poolIds: person.pool_ids };
  return {
    email: reader.open('app_user.email', person.id, before_email_sealed ?? person.email_sealed),
    displayName: reader.open('app_user.display_name', person.id, before_sealed ?? person.display_name_sealed),
    ...(phoneSealed ? { phone: maskPhone(reader.open('app_user.phone', person.id, phoneSealed)) } : {}),
    ...{ role, state, poolIds: poolIds as Before['poolIds'] },
  };
}

/** Whom the directory shows no more is called as they are here. */
function toChange(change: ChangeRow, record: DirectoryRecord | null, before: Before | undefined): DirectoryChange {
  return {
    ...{ position: change.position, kind: change.kind, isApplied: change.state === 'applied' },
    raisesRole: change.raises_role,
    ...{ email: record?.email ?? before?.email ?? '', displayName: record?.displayName ?? before?.displayName ?? '' },
    ...{ poolIds: record?.poolIds ?? [], role: record?.role ?? '' },
    ...(record?.phone ? { phone: maskPhone(record.phone) } : {}),
    ...(before ? { before } : {}),
    ...(change.user_id ? { userId: change.user_id } : {}),
    ...(change.problem ? { problem: change.problem } : {}),
  };
}
