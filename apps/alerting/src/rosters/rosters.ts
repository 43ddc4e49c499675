import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { deleteRoster, listRosters, previewRoster, putRoster, readRoster } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import { AppError, type OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { Engine } from '../engine/engine.js';
import { clearTimers } from '../engine/timers.postgres.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { watchFindings } from '../policies/findings-timer.js';
import { Sealing } from '../sealing.js';
import { dutiesOf, toHeld, writeDuties } from './duty-rows.postgres.js';
import { isTimeZone } from './local-clock.js';
import { dutiesAhead } from './duties-ahead.js';
import { gapsOf } from './on-duty.js';
import { RosterLint } from './roster-lint.js';
import {
  dropRoster,
  findRoster,
  findRosterIds,
  listRosterRows,
  lockRoster,
  type RosterRow,
  writeRoster,
} from './roster-rows.postgres.js';
import { rosterSubject, Shifts } from './shifts.js';
import { toDuty, type RosterDocument, toRoster } from './show-roster.js';

const MOST_ROSTERS = 500;
const MOST_CHANGES = 1_000;
const LONGEST_PREVIEW_MS = 92 * 86_400_000;

/** Who is on duty when: made, looked at, looked ahead in, and deleted by those who manage alarms. */
@Injectable()
export class RostersHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly sealing: Sealing,
    private readonly shifts: Shifts,
    private readonly lint: RosterLint,
    private readonly engine: Engine,
  ) {}

  @Serves(putRoster)
  async put(
    { rosterId, roster }: z.output<typeof putRoster.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof putRoster.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    for (const { timeZone } of roster.layers)
      if (!isTimeZone(timeZone))
        throw putRoster.fail('unknown_time_zone', `${timeZone} is no time zone, such as Europe/Berlin`);
    const { name, address } = roster;
    const document: RosterDocument = { name, ...(address ? { address } : {}) };
    const documentSealed = await this.sealing.seal(organizationId, 'roster.document', rosterId, document);
    const addressIndex = address ? await this.sealing.addressIndex(organizationId, address) : null;
    const { layers, handOver, remindAfterMinutes, qualificationId = null } = roster;
    await this.db.within(organizationId, (tx) =>
      this.write(tx, principal, {
        ...{ id: rosterId, documentSealed, addressIndex, layers, handOver, remindAfterMinutes, qualificationId },
      }),
    );
    this.engine.wake();
    return this.show(organizationId, rosterId);
  }

  private async write(tx: Tx, { organizationId, userId }: Principal, roster: Parameters<typeof writeRoster>[2]) {
    const all = await listRosterRows(tx, organizationId);
    if (all.length >= MOST_ROSTERS && !all.some(({ id }) => id === roster.id))
      throw putRoster.fail('too_many_rosters', `there are ${MOST_ROSTERS}: delete one`);
    const written = await writeRoster(tx, organizationId, roster);
    if (!written) throw putRoster.fail('address_taken', 'another roster has this address');
    await this.shifts.bringUpToDate(tx, organizationId, written);
    await watchFindings(tx, organizationId);
    await recordFact(tx, organizationId, {
      ...{ actor: userSubject(userId), action: 'roster.set', object: rosterSubject(roster.id) },
      after: { layers: roster.layers.length, handOver: roster.handOver },
    });
  }

  @Serves(listRosters)
  async list(_: unknown, { principal }: RequestContext): Promise<z.input<typeof listRosters.output>> {
    if (!(await this.access.may(principal, 'raise_alarms'))) await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const { rosters, duties } = await this.db.within(organizationId, async (tx) => {
      const found = await listRosterRows(tx, organizationId);
      const ids = found.map(({ id }) => id);
      return { rosters: found, duties: await dutiesOf(tx, organizationId, ids) };
    });
    const documents = await this.open(organizationId, rosters);
    const items = rosters.map((row, at) => {
      const { name, address } = toRoster(row, documents[at] ?? null);
      const onDuty = duties.filter(({ roster_id }) => roster_id === row.id).map(({ user_id }) => user_id);
      return { id: row.id, name, ...(address ? { address } : {}), onDuty: [...new Set(onDuty)] };
    });
    return { items };
  }

  @Serves(readRoster)
  async read(
    { rosterId }: { rosterId: string },
    { principal }: RequestContext,
  ): Promise<z.input<typeof readRoster.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    return this.show(principal.organizationId, rosterId);
  }

  @Serves(deleteRoster)
  async delete({ rosterId }: { rosterId: string }, { principal }: RequestContext): Promise<Record<string, never>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId, userId } = principal;
    return this.db.within(organizationId, async (tx) => {
      if (!(await lockRoster(tx, organizationId, rosterId))) throw deleteRoster.fail('roster_not_found');
      const ends = (await dutiesOf(tx, organizationId, [rosterId])).map(toHeld);
      await writeDuties(tx, organizationId, rosterId, { begins: [], changes: [], ends });
      await dropRoster(tx, organizationId, rosterId);
      await watchFindings(tx, organizationId);
      await clearTimers(tx, organizationId, rosterId);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'roster.deleted', object: rosterSubject(rosterId) },
      });
      return {};
    });
  }

  @Serves(previewRoster)
  async preview(
    { rosterId, ...span }: z.output<typeof previewRoster.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof previewRoster.output>> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const [from, to] = [Date.parse(span.from), Date.parse(span.to)];
    if (to <= from || to - from > LONGEST_PREVIEW_MS)
      throw previewRoster.fail('span_too_long', 'expected an end after the begin, within 92 days');
    const found = await this.db.within(organizationId, (tx) => findRoster(tx, organizationId, rosterId));
    if (!found) throw previewRoster.fail('roster_not_found');
    const spans = await dutiesAhead(found.rules, { from, to }, MOST_CHANGES);
    if ((spans.at(-1)?.to ?? to) < to)
      throw previewRoster.fail('span_too_long', `expected a span with at most ${MOST_CHANGES} changes`);
    const show = (one: { from: number; to: number }) => ({
      ...{ from: new Date(one.from).toISOString(), to: new Date(one.to).toISOString() },
    });
    return { items: spans.map((one) => ({ ...show(one), userIds: one.userIds })), gaps: gapsOf(spans).map(show) };
  }

  /** With what would not work. */
  async show(organizationId: OrganizationId, rosterId: string): Promise<z.input<typeof putRoster.output>> {
    const { row, duties } = await this.db.within(organizationId, async (tx) => ({
      row: await findRoster(tx, organizationId, rosterId),
      duties: await dutiesOf(tx, organizationId, [rosterId]),
    }));
    if (!row) throw readRoster.fail('roster_not_found');
    const [document] = await this.open(organizationId, [row]);
    return {
      ...{ id: rosterId, roster: toRoster(row, document ?? null) as z.input<typeof readRoster.output>['roster'] },
      ...{ overrides: [...row.rules.overrides], onDuty: duties.map(toDuty) },
      findings: await this.lint.check(organizationId, row),
    };
  }

  /** Rosters by id and by address, for who raises an alarm. @throws AppError `roster_not_found` */
  async resolve(
    organizationId: OrganizationId,
    { rosterIds, addresses }: { rosterIds: readonly string[]; addresses: readonly string[] },
  ): Promise<string[]> {
    if (rosterIds.length + addresses.length === 0) return [];
    const indexes = await Promise.all(addresses.map((one) => this.sealing.addressIndex(organizationId, one)));
    const found = await this.db.within(organizationId, (tx) =>
      findRosterIds(tx, organizationId, { ids: rosterIds, addresses: indexes }),
    );
    const missing = [
      ...rosterIds.filter((id) => !found.some((one) => one.id === id)),
      ...addresses.filter((_, at) => !found.some(({ address_index: is }) => is?.equals(indexes[at] as Buffer))),
    ];
    if (missing.length > 0)
      throw new AppError('not_found', 'roster_not_found', undefined, {
        says: `there is no roster ${missing.join(', ')}`,
      });
    return found.map(({ id }) => id);
  }

  private open(organizationId: OrganizationId, found: readonly RosterRow[]): Promise<(RosterDocument | null)[]> {
    return this.sealing.openAll<RosterDocument>(
      organizationId,
      'roster.document',
      found.map(({ id, document_sealed }) => ({ id, sealed: document_sealed })),
    );
  }
}
