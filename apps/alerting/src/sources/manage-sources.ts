import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  type AlarmSource,
  type AlarmSourceKind,
  type AlarmSourceSettings,
  deleteAlarmSource,
  INCOMING_PATH,
  listAlarmSources,
  putAlarmSource,
  rotateAlarmSourceSecret,
} from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { hashSecret, newSecret, type Principal } from '@relais/security';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { Engine } from '../engine/engine.js';
import { botSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { CheckSettings } from './check-settings.js';
import { armTimers } from './arm-timers.js';
import { sourceSubject } from './raise-from-source.js';
import { NOBODY } from './route-incident.js';
import {
  findSource,
  listSourceRows,
  lockSource,
  removeSource,
  rotateSecret,
  type SourceRow,
  writeSource,
} from './source-rows.postgres.js';
import { type SealedSettings, SourceSettings } from './source-settings.js';

type WithSecret = z.input<typeof putAlarmSource.output>;

const SCOPE = 'alarm-sources:write';
const MOST_SOURCES = 500;
/** Sources of emergencies may send so many times as much as others. */
const URGENT_SHARE = 4;

/**
 * Which systems may raise alarms, of what and for whom: whoever changes that shows who they are. A secret is shown once.
 * A bot deals with those that it made itself, and people decide whom they reach.
 */
@Injectable()
export class ManageSourcesHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly settings: SourceSettings,
    private readonly check: CheckSettings,
    private readonly engine: Engine,
  ) {}

  @Serves(putAlarmSource)
  async put(
    { sourceId, settings }: z.output<typeof putAlarmSource.input>,
    { principal }: RequestContext,
  ): Promise<WithSecret> {
    await this.access.assertMayNow(principal, 'manage_alarms', SCOPE);
    const { organizationId } = principal;
    const before = await this.find(organizationId, sourceId);
    if (before && !isSeenBy(principal, before))
      throw putAlarmSource.fail('source_id_taken', 'somebody else has made it: take another id');
    if (principal.scopes) assertPoliciesDecide(settings);
    await this.check.assertSound(organizationId, sourceId, settings);
    if (before && before.kind !== settings.kind)
      throw putAlarmSource.fail('source_kind_fixed', `it is ${before.kind}: make another`);
    const known = before && (await this.settings.open(organizationId, before));
    const secret = before ? undefined : secretFor(settings.kind);
    const keys = known?.keys ?? (settings.kind === 'webhook' && secret ? [secret] : undefined);
    const settings_sealed = await this.seal(organizationId, sourceId, settings, keys);
    const written = await this.db.within(organizationId, async (tx) => {
      const earlier = await this.assertRoom(tx, organizationId, sourceId);
      assertSame(before, earlier);
      await writeSource(tx, organizationId, {
        ...{ id: sourceId, kind: settings.kind, settings_sealed, is_paused: settings.isPaused },
        share: isUrgent(settings) ? URGENT_SHARE : 1,
        secretHash: secret ? hashSecret(secret) : null,
        madeBy: principal.userId,
      });
      await armTimers(tx, organizationId, sourceId, settings, earlier);
      await this.record(tx, principal, sourceId, 'alarm-source.put', {
        kind: settings.kind,
        isPaused: settings.isPaused,
      });
      return findSource(tx, organizationId, sourceId);
    });
    this.engine.wake();
    return { ...toAnswer(organizationId, written as SourceRow, settings), ...(secret ? { secret } : {}) };
  }

  @Serves(listAlarmSources)
  async list(_: unknown, { principal }: RequestContext): Promise<{ items: AlarmSource[] }> {
    await this.access.assertMay(principal, 'manage_alarms');
    const { organizationId } = principal;
    const all = await this.db.within(organizationId, (tx) => listSourceRows(tx, organizationId));
    const found = all.filter((one) => isSeenBy(principal, one));
    const opened = await this.settings.openAll(organizationId, found);
    const items = found.flatMap((one, at) => (opened[at] ? [toAnswer(organizationId, one, opened[at].settings)] : []));
    return { items };
  }

  @Serves(rotateAlarmSourceSecret)
  async rotate(
    { sourceId, overlapSeconds }: z.output<typeof rotateAlarmSourceSecret.input>,
    { principal }: RequestContext,
  ): Promise<WithSecret> {
    await this.access.assertMayNow(principal, 'manage_alarms', SCOPE);
    const { organizationId } = principal;
    const before = await this.find(organizationId, sourceId);
    const known = before && isSeenBy(principal, before) && (await this.settings.open(organizationId, before));
    if (!before || !known) throw rotateAlarmSourceSecret.fail('source_not_found');
    const secret = secretFor(before.kind);
    if (!secret) throw rotateAlarmSourceSecret.fail('source_without_secret', 'a schedule is sent nothing');
    const keys = known.keys ? [secret, ...known.keys.slice(0, 1)] : undefined;
    const settingsSealed = await this.seal(organizationId, sourceId, known.settings, keys);
    const changed = await this.db.within(organizationId, async (tx) => {
      assertSame(before, await lockSource(tx, organizationId, sourceId));
      const rotated = { settingsSealed, secretHash: hashSecret(secret), overlapSeconds };
      const row = await rotateSecret(tx, organizationId, sourceId, rotated);
      if (!row) throw rotateAlarmSourceSecret.fail('source_not_found');
      await this.record(tx, principal, sourceId, 'alarm-source.secret-rotated', { overlapSeconds });
      return row;
    });
    return { ...toAnswer(organizationId, changed, known.settings), secret };
  }

  @Serves(deleteAlarmSource)
  async delete({ sourceId }: { sourceId: string }, { principal }: RequestContext): Promise<Record<string, never>> {
    await this.access.assertMayNow(principal, 'manage_alarms', SCOPE);
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const before = await lockSource(tx, organizationId, sourceId);
      if (!before || !isSeenBy(principal, before)) throw deleteAlarmSource.fail('source_not_found');
      await removeSource(tx, organizationId, sourceId);
      await this.record(tx, principal, sourceId, 'alarm-source.deleted', {});
      return {};
    });
  }

  private find(organizationId: OrganizationId, sourceId: string): Promise<SourceRow | null> {
    return this.db.within(organizationId, (tx) => findSource(tx, organizationId, sourceId));
  }

  private seal(
    organizationId: OrganizationId,
    sourceId: string,
    settings: AlarmSourceSettings,
    keys: readonly string[] | undefined,
  ): Promise<Buffer> {
    const sealed: SealedSettings = { settings, ...(keys ? { keys } : {}) };
    return this.settings.seal(organizationId, sourceId, sealed);
  }

  private async assertRoom(tx: Tx, organizationId: OrganizationId, sourceId: string): Promise<SourceRow | null> {
    const earlier = await lockSource(tx, organizationId, sourceId);
    if (!earlier && (await listSourceRows(tx, organizationId)).length >= MOST_SOURCES)
      throw putAlarmSource.fail('too_many_sources', `there are ${MOST_SOURCES}: delete one`);
    return earlier;
  }

  private record(
    tx: Tx,
    { organizationId, userId, scopes }: Principal,
    id: string,
    action: `alarm-source.${'put' | 'secret-rotated' | 'deleted'}`,
    after: Record<string, string | number | boolean>,
  ): Promise<void> {
    const actor = scopes ? botSubject(userId) : userSubject(userId);
    return recordFact(tx, organizationId, { actor, action, object: sourceSubject(id), after });
  }
}

/** What was read before the transaction must be what is there in it: it holds the keys, too. */
function assertSame(before: SourceRow | null, now: SourceRow | null): void {
  const isSame = before && now ? before.settings_sealed.equals(now.settings_sealed) : before === now;
  if (!isSame)
    throw putAlarmSource.fail('source_changed', 'somebody else has changed it a moment ago: look at it again');
}

/** People who may be here at all see every one; a bot, what it made itself. */
const isSeenBy = ({ scopes, userId }: Principal, { made_by }: SourceRow): boolean => !scopes || made_by === userId;

/** @throws AppError `policy_required` where anything but an escalation policy, which only people make, says whom it reaches */
function assertPoliciesDecide(settings: AlarmSourceSettings): void {
  const { raises } = settings;
  const routes = 'routes' in settings ? settings.routes : [];
  const namesPeople = [raises, ...routes].some(({ audience }) => audience && !isDeepStrictEqual(audience, NOBODY));
  if (!raises.policyId || namesPeople)
    throw putAlarmSource.fail('policy_required', 'a bot names an escalation policy, and nobody beside it');
}

/** What it shows or signs with; a schedule is sent nothing. */
function secretFor(kind: AlarmSourceKind): string | undefined {
  if (kind === 'schedule') return undefined;
  const secret = newSecret();
  return kind === 'webhook' ? `whsec_${Buffer.from(secret, 'base64url').toString('base64')}` : secret;
}

const isUrgent = (settings: AlarmSourceSettings): boolean =>
  settings.raises.severity === 'emergency' ||
  ('severities' in settings && Object.values(settings.severities).includes('emergency'));

/** Of what is kept, which is a hash of 256 random bits itself. */
const secretIdOf = (secretHash: Buffer): string =>
  createHash('sha256').update('alarm-source-secret').update(secretHash).digest('hex').slice(0, 16);

const toAnswer = (organizationId: OrganizationId, row: SourceRow, settings: AlarmSourceSettings): AlarmSource => ({
  id: row.id as never,
  settings,
  ...(settings.kind === 'schedule' ? {} : { path: `${INCOMING_PATH}/${organizationId}/${row.id}/${settings.kind}` }),
  ...(row.secret_hash ? { secretId: secretIdOf(row.secret_hash) } : {}),
  ...(row.old_secret_until && row.old_secret_until > row.now
    ? { oldSecretUntil: row.old_secret_until.toISOString() }
    : {}),
  ...(row.beat_at ? { lastBeatAt: row.beat_at.toISOString() } : {}),
  ...(row.beat_state ? { isMissed: row.beat_state === 'missed' } : {}),
  ...(row.next_at ? { nextAt: row.next_at.toISOString() } : {}),
  createdAt: row.created_at.toISOString(),
  ...(row.made_by ? { madeBy: row.made_by } : {}),
});
