import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type Revocation, undoDirectoryRun } from '@relais/contracts';
import { Clock, type OrganizationId, type UserId } from '@relais/kernel';
import { Freshness } from '../admission/fresh.js';
import { tellContactsChanged } from '../contact-policy/tell-change.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { lockQuota } from '../people-quota/quota-rows.postgres.js';
import { isFull } from '../people-quota/room.postgres.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { PersonalData, type SealedName } from '../sealing/personal-data.js';
import { deleteSessions } from '../sessions/session-rows.postgres.js';
import { revoke, Revocations } from '../trust/revocations.postgres.js';
import { lockUser, type UserRow } from '../users/user-rows.postgres.js';
import { isTaken, writePerson } from './apply-change.postgres.js';
import { type ChangeRow, changeRun, changesFrom, findRun, markChange } from './run-rows.postgres.js';
import { standingDigest } from './standing.js';

const DAYS = 7;
const BATCH = 200;

/**
 * Takes a run back, person by person: who was put out may come in again, who was made is put out, roles, pools, names,
 * addresses and numbers are as they were. Whoever was changed since, by hand or by a later run, is left as they are, and so is
 * whoever's address somebody else has by now, or who would be one more than there may be.
 */
@Injectable()
export class UndoRunHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly revocations: Revocations,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(undoDirectoryRun)
  async execute(
    { runId }: { runId: string },
    { principal }: RequestContext,
  ): Promise<{ undone: number; skipped: number }> {
    const { organizationId } = principal;
    await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_directories');
      await this.freshness.assertFresh(tx, principal);
      const run = await findRun(tx, organizationId, runId);
      if (!run) throw undoDirectoryRun.fail('run_not_found');
      const isRecent = this.clock.now().getTime() - (run.finished_at?.getTime() ?? 0) <= DAYS * 86_400_000;
      if (!isRecent || !(await changeRun(tx, organizationId, runId, ['applied', 'undone'], { state: 'undone' })))
        throw undoDirectoryRun.fail('run_state_conflict', isRecent ? `it is ${run.state}` : 'it is older than 7 days');
      const object = { kind: 'directory-run', id: runId };
      await recordFact(tx, organizationId, { actor: actorSubject(principal), action: 'directory-run.undone', object });
    });
    return this.undoAll(organizationId, runId);
  }

  private async undoAll(organizationId: OrganizationId, runId: string): Promise<{ undone: number; skipped: number }> {
    const counts = { undone: 0, skipped: 0 };
    let after = 0;
    for (;;) {
      const changes = await this.db.within(organizationId, (tx) =>
        changesFrom(tx, organizationId, runId, { after, limit: BATCH, state: 'applied' }),
      );
      if (changes.length === 0) return counts;
      after = changes.at(-1)?.position ?? after;
      const names = await this.personal.sealedNames(organizationId, changes.flatMap(nameBefore));
      const { undone, revocations } = await this.db.within(organizationId, (tx) =>
        this.undo(tx, { organizationId, runId, changes, names }),
      );
      this.revocations.announce(revocations);
      counts.undone += undone;
      counts.skipped += changes.length - undone;
    }
  }

  private async undo(tx: Tx, { organizationId, runId, changes, names }: Undoing) {
    const revocations: Revocation[] = [];
    const moved: UserId[] = [];
    await lockQuota(tx, organizationId);
    for (const change of changes) {
      const user = change.user_id && (await lockUser(tx, organizationId, change.user_id));
      if (!user || !isAsLeft(user, change)) continue;
      const { before_email_index } = change;
      if (before_email_index && (await isTaken(tx, organizationId, before_email_index, user.id))) continue;
      const undone = await this.undoOne(tx, organizationId, user, change, names.get(user.id)).catch(ifFull);
      if (!undone) continue;
      revocations.push(...undone);
      await markChange(tx, organizationId, runId, change.position, { state: 'undone' });
      moved.push(user.id);
    }
    const [first, ...others] = moved;
    if (first) await tellContactsChanged(tx, organizationId, [first, ...others]);
    return { undone: moved.length, revocations };
  }

  private async undoOne(
    tx: Tx,
    organizationId: OrganizationId,
    user: UserRow,
    change: ChangeRow,
    name: SealedName | undefined,
  ): Promise<Revocation[]> {
    const { kind, before } = change;
    const was = kind === 'create' || !before ? { role: user.role, state: 'disabled', poolIds: user.pool_ids } : before;
    const reachable = kind === 'create' ? {} : addressesBefore(change);
    await writePerson(tx, organizationId, user.id, { ...was, ...(name ? { name } : {}), ...reachable });
    if (was.state !== 'disabled' || user.state === 'disabled') return [];
    await deleteSessions(tx, organizationId, { userId: user.id });
    return revoke(tx, 'user', [user.id]);
  }
}

interface Undoing {
  organizationId: OrganizationId;
  runId: string;
  changes: readonly ChangeRow[];
  /** Those there were before, of whoever had one. */
  names: ReadonlyMap<UserId, SealedName>;
}

const nameBefore = ({ user_id: id, before_sealed: sealed }: ChangeRow) => (id && sealed ? [{ id, sealed }] : []);

/** Nothing of the change was written by then. */
function ifFull(error: unknown): null {
  if (isFull(error)) return null;
  throw error;
}

/** Releases before have not written down where somebody could be reached. */
const addressesBefore = ({ left_digest, before_email_index, before_email_sealed, before_phone_sealed }: ChangeRow) =>
  left_digest && before_email_index && before_email_sealed
    ? { emailIndex: before_email_index, emailSealed: before_email_sealed, phoneSealed: before_phone_sealed }
    : {};

/** Whether the person still stands as the run left them. */
function isAsLeft(user: UserRow, { kind, left_digest }: ChangeRow): boolean {
  if (left_digest) return left_digest.equals(standingDigest(user));
  return user.state === (kind === 'disable' ? 'disabled' : 'active');
}
