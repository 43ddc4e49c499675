import { type AppendEntry, appendEntry, type Entry } from '@relais/contracts';
import type { Envelope } from '@relais/crypto';
import { AppError, type ConversationId, type DeviceId, type OrganizationId, type UserId } from '@relais/kernel';
import { audienceOf, mentionsOf, refusalOf, targetOf, ttlOf } from './append-rules.js';
import { isSame, scopeOf, sealBody, toEntry } from './entry-sealing.js';
import type { CommitResult, Draft, EntryStore, Standing, StoredEntry } from './entry-store.js';
import type { Standings } from './standings.js';

/** One person's wish to write, and how to tell them what came of it. */
export interface Append {
  command: AppendEntry;
  userId: UserId;
  deviceId: DeviceId;
  done(appended: Appended): void;
  failed(error: unknown): void;
}

export interface Appended {
  entry: Entry;
  standing: Standing;
  replayed: boolean;
}

/** Rounds of looking again; each is caused by a change that won the race, so more than a few means a storm. */
const MAX_ROUNDS = 5;

interface Ready {
  append: Append;
  standing: Standing;
  draft: Draft;
}

/**
 * Commits the appends of one organization together. Optimistic: authorize with what is known, commit, and where the
 * commit says that something was different, settle the appends concerned and try again with the rest. So one bad append
 * never fails its neighbours, and a good batch costs a single transaction.
 */
export class AppendBatch {
  constructor(
    private readonly store: EntryStore,
    private readonly standings: Standings,
    private readonly envelope: Envelope,
  ) {}

  async run(organizationId: OrganizationId, appends: readonly Append[]): Promise<void> {
    const { first, repeated } = split(appends);
    try {
      await this.settle(organizationId, first);
      if (repeated.length > 0) await this.run(organizationId, repeated);
    } catch (error) {
      for (const append of appends) append.failed(error);
    }
  }

  private async settle(organizationId: OrganizationId, appends: readonly Append[]): Promise<void> {
    let left = appends;
    for (let round = 1; left.length > 0; round++) {
      if (round > MAX_ROUNDS) throw new AppError('unavailable', 'overloaded', 'too many races', { retryAfterMs: 200 });
      const ready = await this.prepare(organizationId, left);
      if (ready.length === 0) return;
      const result = await this.store.commit(
        organizationId,
        ready.map(({ draft }) => draft),
      );
      left = await this.conclude(organizationId, ready, result);
    }
  }

  /** Answers those that may not; seals what the others wrote. */
  private async prepare(organizationId: OrganizationId, appends: readonly Append[]): Promise<Ready[]> {
    const allowed = await this.authorize(organizationId, appends);
    const scopes = allowed.map(({ append }) => scopeOf(organizationId, append.command.conversationId));
    const keys = await this.envelope.keysFor(scopes);
    return allowed.map(({ append, standing }, index) => {
      const { command } = append;
      const key = keys[index];
      if (!key) throw new Error('no key for a scope');
      const body = sealBody(key, command.conversationId, command.id, command.body);
      return { append, standing, draft: toDraft(append, standing, body) };
    });
  }

  private async authorize(organizationId: OrganizationId, appends: readonly Append[]) {
    const pairs = appends.map(({ command, userId }) => ({ conversationId: command.conversationId, userId }));
    const standings = await this.standings.get(organizationId, pairs);
    const doubtful = appends.flatMap(({ command }, index) =>
      refusalOf(command, standings[index] ?? null) ? [index] : [],
    );
    if (doubtful.length > 0) {
      const fresh = await this.standings.refresh(
        organizationId,
        doubtful.map((index) => pairs[index] as (typeof pairs)[number]),
      );
      doubtful.forEach((index, at) => (standings[index] = fresh[at] ?? null));
    }
    return appends.flatMap((append, index) => {
      const standing = standings[index] ?? null;
      const refusal = refusalOf(append.command, standing);
      if (!refusal && standing) return [{ append, standing }];
      append.failed(refusal);
      return [];
    });
  }

  /** @returns the appends that are to be tried again. */
  private async conclude(
    organizationId: OrganizationId,
    ready: readonly Ready[],
    result: CommitResult,
  ): Promise<readonly Append[]> {
    switch (result.outcome) {
      case 'committed':
        ready.forEach((one, index) => one.append.done(appended(one, result.seqs[index] as number, result.recordedAt)));
        return [];
      case 'stale':
        await this.lookAgain(organizationId, ready, new Set(result.conversationIds));
        return ready.map(({ append }) => append);
      case 'known':
        return this.answerReplays(organizationId, ready);
      case 'refused':
        return ready.flatMap(({ append }, index) => {
          const problem = result.problems.get(index);
          if (!problem) return [append];
          append.failed(appendEntry.fail(problem));
          return [];
        });
    }
  }

  private async lookAgain(organizationId: OrganizationId, ready: readonly Ready[], stale: ReadonlySet<ConversationId>) {
    const pairs = ready.map(({ standing }) => standing).filter(({ conversationId }) => stale.has(conversationId));
    await this.standings.refresh(organizationId, pairs);
  }

  private async answerReplays(organizationId: OrganizationId, ready: readonly Ready[]): Promise<Append[]> {
    const ids = ready.map(({ draft }) => ({ conversationId: draft.conversationId, id: draft.id }));
    const known = await this.store.find(organizationId, ids);
    const byId = new Map(known.map((stored) => [`${stored.conversationId}/${stored.id}`, stored]));
    const left: Append[] = [];
    for (const { append, standing, draft } of ready) {
      const stored = byId.get(`${draft.conversationId}/${draft.id}`);
      if (!stored) left.push(append);
      else await this.replay(organizationId, append, standing, stored);
    }
    return left;
  }

  private async replay(organizationId: OrganizationId, append: Append, standing: Standing, stored: StoredEntry) {
    const isTheirs = stored.senderId === append.userId;
    if (!isTheirs || !(await isSame(this.envelope, organizationId, stored, append.command)))
      return append.failed(appendEntry.fail('entry_id_reused'));
    append.done({ entry: toEntry(stored, stored.body ? append.command.body : null), standing, replayed: true });
  }
}

/** The same id twice in one batch: the second waits for the first and is then a replay. */
function split(appends: readonly Append[]): { first: Append[]; repeated: Append[] } {
  const seen = new Set<string>();
  const first: Append[] = [];
  const repeated: Append[] = [];
  for (const append of appends) {
    const key = `${append.command.conversationId}/${append.command.id}`;
    (seen.has(key) ? repeated : first).push(append);
    seen.add(key);
  }
  return { first, repeated };
}

function toDraft({ command, userId, deviceId }: Append, standing: Standing, body: Buffer): Draft {
  return {
    conversationId: command.conversationId,
    id: command.id,
    kind: command.kind,
    senderId: userId,
    senderDeviceId: deviceId,
    rulesVersion: standing.rulesVersion,
    targetId: targetOf(command),
    isModerator: standing.role === 'moderator',
    body,
    ttlSeconds: ttlOf(command, standing),
    mentions: mentionsOf(command).filter((mentioned) => mentioned !== userId),
    ...audienceOf(command, standing),
  };
}

function appended({ append, standing, draft }: Ready, seq: number, recordedAt: Date): Appended {
  const expiresAt = draft.ttlSeconds > 0 ? new Date(recordedAt.getTime() + draft.ttlSeconds * 1_000) : undefined;
  const { conversationId, id, kind, senderId, senderDeviceId } = draft;
  const entry = toEntry(
    { conversationId, seq, id, kind, senderId, senderDeviceId, recordedAt, expiresAt },
    append.command.body,
  );
  return { entry, standing, replayed: false };
}
