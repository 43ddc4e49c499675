import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  deleteRegistrationEntry,
  type FactState,
  listRegistrationEntries,
  MAX_REGISTRATION_ENTRIES,
  putRegistrationEntry,
  type RegistrationEntry,
} from '@relais/contracts';
import { Clock, type OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { lockOrganization } from '../users/user-rows.postgres.js';
import {
  deleteEntry,
  type EntryRow,
  findEntry,
  insertEntry,
  isListed,
  listEntryRows,
} from './registration-rows.postgres.js';

type Command = z.output<typeof putRegistrationEntry.input>;

/** The addresses and domains that may register. */
@Injectable()
export class RegistrationEntriesHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
    private readonly freshness: Freshness,
  ) {}

  @Serves(listRegistrationEntries)
  async list(_: object, { principal }: RequestContext): Promise<{ items: RegistrationEntry[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_policies');
      return listEntryRows(tx, organizationId);
    });
    return { items: await this.describe(organizationId, found) };
  }

  /** The same once more changes nothing. */
  @Serves(putRegistrationEntry)
  async put({ id, entry }: Command, { principal }: RequestContext): Promise<RegistrationEntry> {
    const { organizationId } = principal;
    await this.db.within(organizationId, (tx) => this.assertAllowed(tx, principal));
    const draft = await this.prepare(organizationId, id, entry);
    const found = await this.db.within(organizationId, (tx) => this.write(tx, principal, draft)).catch(refuseListed);
    const [described] = await this.describe(organizationId, [found]);
    return described as RegistrationEntry;
  }

  @Serves(deleteRegistrationEntry)
  remove({ entryId }: { entryId: string }, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await this.assertAllowed(tx, principal);
      const found = await findEntry(tx, organizationId, entryId);
      if (!found) throw deleteRegistrationEntry.fail('entry_not_found');
      await deleteEntry(tx, organizationId, entryId);
      await this.record(tx, principal, 'registration-entry.removed', found);
      return {};
    });
  }

  private async write(tx: Tx, principal: Principal, draft: EntryRow): Promise<EntryRow> {
    const { organizationId } = principal;
    await lockOrganization(tx, organizationId);
    await this.assertAllowed(tx, principal);
    const known = await findEntry(tx, organizationId, draft.id);
    if (known && !isSame(known, draft)) throw putRegistrationEntry.fail('entry_id_reused');
    if (known) return known;
    if ((await listEntryRows(tx, organizationId)).length >= MAX_REGISTRATION_ENTRIES)
      throw putRegistrationEntry.fail('too_many_entries');
    await insertEntry(tx, organizationId, draft);
    await this.record(tx, principal, 'registration-entry.added', draft);
    return draft;
  }

  private async prepare(
    organizationId: OrganizationId,
    id: string,
    { kind, value }: Command['entry'],
  ): Promise<EntryRow> {
    const isEmail = kind === 'email';
    const place = { organizationId, column: 'registration_entry.email', rowId: id } as const;
    return {
      id,
      email_index: isEmail ? await this.personal.emailIndex(organizationId, value) : null,
      email_sealed: isEmail ? await this.personal.seal(place, value) : null,
      domain: isEmail ? null : value,
      created_at: this.clock.now(),
    };
  }

  private async assertAllowed(tx: Tx, principal: Principal): Promise<void> {
    await actorWith(tx, principal, 'manage_policies');
    await this.freshness.assertFresh(tx, principal);
  }

  /** A domain is no secret; of an address only the entry's id is said. */
  private record(
    tx: Tx,
    principal: Principal,
    action: 'registration-entry.added' | 'registration-entry.removed',
    { id, domain }: EntryRow,
  ): Promise<void> {
    const state: FactState = domain === null ? { kind: 'email' } : { kind: 'domain', domain };
    return recordFact(tx, principal.organizationId, {
      actor: actorSubject(principal),
      action,
      object: { kind: 'registration-entry', id },
      ...(action === 'registration-entry.added' ? { after: state } : { before: state }),
    });
  }

  private async describe(organizationId: OrganizationId, found: readonly EntryRow[]): Promise<RegistrationEntry[]> {
    const sealed = found.flatMap(({ email_sealed }) => email_sealed ?? []);
    const reader = await this.personal.reader(organizationId, sealed);
    return found.map(({ id, email_sealed, domain, created_at }) => ({
      id,
      kind: email_sealed ? 'email' : 'domain',
      value: email_sealed ? reader.open('registration_entry.email', id, email_sealed) : (domain ?? ''),
      createdAt: created_at.toISOString(),
    }));
  }
}

const isSame = (one: EntryRow, other: EntryRow): boolean =>
  one.domain === other.domain &&
  (one.email_index?.toString('hex') ?? '') === (other.email_index?.toString('hex') ?? '');

function refuseListed(error: unknown): never {
  if (isListed(error)) throw putRegistrationEntry.fail('already_listed');
  throw error;
}
