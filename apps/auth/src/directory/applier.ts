import { Injectable } from '@nestjs/common';
import type { DirectorySettings, Revocation } from '@relais/contracts';
import { type OrganizationId, newId, type PoolId, type UserId } from '@relais/kernel';
import { tellContactsChanged } from '../contact-policy/tell-change.js';
import { Database, type Tx } from '../database/database.js';
import { lockQuota } from '../people-quota/quota-rows.postgres.js';
import { type Column, PersonalData } from '../sealing/personal-data.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { DirectorySecrets } from './directory-settings.js';
import { type Applied, applyChange, type Prepared } from './apply-change.postgres.js';
import type { DirectoryRecord } from './read-directory.js';
import { type ChangeRow, changesFrom, markChange } from './run-rows.postgres.js';

const BATCH = 100;

interface Applying {
  organizationId: OrganizationId;
  directoryId: string;
  runId: string;
  settings: DirectorySettings;
  isSaidByBot: boolean;
  goOn: () => Promise<void>;
}

/** Carries a plan out, a hundred people at a time. May be ended and gone on with at any moment: a change is marked with its effect. */
@Injectable()
export class Applier {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly secrets: DirectorySecrets,
    private readonly revocations: Revocations,
  ) {}

  async apply(applying: Applying): Promise<void> {
    const { organizationId, runId } = applying;
    for (;;) {
      await applying.goOn();
      const changes = await this.db.within(organizationId, (tx) =>
        changesFrom(tx, organizationId, runId, { after: 0, limit: BATCH, state: 'planned' }),
      );
      if (changes.length === 0) return;
      const prepared = await this.prepare(applying, changes);
      const revocations = await this.db.within(organizationId, (tx) => this.applyAll(tx, applying, prepared));
      this.revocations.announce(revocations);
    }
  }

  /** Seals names and addresses with each person's key; the keys of a batch are made together. */
  private async prepare({ organizationId, runId }: Applying, changes: readonly ChangeRow[]): Promise<Prepared[]> {
    const sealed = changes.map((change) => change.record_sealed);
    const records = (await this.secrets.openAll(organizationId, runId, sealed)).map(
      (text) => JSON.parse(text) as DirectoryRecord | null,
    );
    const ids = changes.map((change) => change.user_id ?? newId<UserId>());
    await this.personal.makeKeysOfUsers(organizationId, ids);
    return Promise.all(
      changes.map((change, at) => this.prepareOne(organizationId, change, records[at] ?? null, ids[at] as UserId)),
    );
  }

  private async prepareOne(
    organizationId: OrganizationId,
    change: ChangeRow,
    record: DirectoryRecord | null,
    userId: UserId,
  ): Promise<Prepared> {
    if (!record) return { change, userId, record };
    const seal = (column: Column, text: string) =>
      this.personal.sealOfUser(userId, { organizationId, column, rowId: userId }, text);
    const [emailSealed, name, placeSealed, phoneSealed, emailIndex] = await Promise.all([
      seal('app_user.email', record.email),
      this.personal.sealName(organizationId, userId, record.displayName),
      seal('external_identity.place', record.dn),
      record.phone === undefined ? null : seal('app_user.phone', record.phone),
      this.personal.emailIndex(organizationId, record.email),
    ]);
    return { change, userId, record, sealed: { emailSealed, name, placeSealed, phoneSealed, emailIndex } };
  }

  private async applyAll(tx: Tx, applying: Applying, prepared: readonly Prepared[]): Promise<Revocation[]> {
    const { organizationId, directoryId, runId, settings, isSaidByBot } = applying;
    const managed = new Set<PoolId>(settings.groups?.mappings.flatMap(({ poolId }) => poolId ?? []));
    const protectedIds = new Set(settings.protectedUserIds);
    const source = { organizationId, directoryId, managed, protectedIds, isSaidByBot };
    await lockQuota(tx, organizationId);
    const results: Applied[] = [];
    for (const one of prepared) {
      const applied = await applyChange(tx, source, one);
      await markChange(tx, organizationId, runId, one.change.position, applied.mark);
      results.push(applied);
    }
    const [first, ...others] = prepared.flatMap(({ userId }, at) => (results[at]?.hasMoved ? [userId] : []));
    if (first) await tellContactsChanged(tx, organizationId, [first, ...others]);
    return results.flatMap(({ revocations }) => revocations);
  }
}
