import { appendEntry } from '@relais/contracts';
import type { DataKey, Envelope } from '@relais/crypto';
import { AppError, type ConversationId, type OrganizationId } from '@relais/kernel';
import type { KeyDays } from '../keeping/key-days.js';
import { SAID } from '../keeping/said.js';
import { type Append, type Appended, type Asking, keyOf } from './append.js';
import { Replays } from './append-replays.js';
import { audienceOf, mentionsOf, refusalOf, targetOf, ttlOf } from './append-rules.js';
import { keysFor, saidScopeOf, scopeOf, sealBody, toEntry } from './entry-sealing.js';
import type { CommitResult, Draft, EntryStore, Placed, Standing } from './entry-store.js';
import type { Standings } from './standings.js';

/** Rounds of looking again; each is caused by a change that won the race, so more than a few means a storm. */
const MAX_ROUNDS = 5;

interface Refused extends Asking {
  error: unknown;
}

interface Ready extends Asking {
  draft: Draft;
}

/**
 * Commits the appends of one organization together. Optimistic: authorize with what is known, commit, and where the
 * commit says that something was different, settle the appends concerned and try again with the rest. So one bad append
 * never fails its neighbours, and a good batch costs a single transaction.
 */
export class AppendBatch {
  private readonly replays: Replays;

  constructor(
    private readonly store: EntryStore,
    private readonly standings: Standings,
    private readonly envelope: Envelope,
    private readonly keyDays: KeyDays,
  ) {
    this.replays = new Replays(store, envelope);
  }

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
    const keyDays = await this.keyDays.of(organizationId);
    const scopes = allowed.map(({ append: { command } }) =>
      SAID.has(command.kind)
        ? saidScopeOf(organizationId, command.conversationId, keyDays)
        : scopeOf(organizationId, command.conversationId),
    );
    const keys = await keysFor(this.envelope, scopes);
    return allowed.flatMap(({ append, standing }, index) => {
      const { command } = append;
      const key = keys[index] as PromiseSettledResult<DataKey>;
      if (key.status === 'rejected') return this.fail(append, key.reason);
      const body = sealBody(key.value, command.conversationId, command.id, command.body);
      return [{ append, standing, draft: toDraft(append, standing, body) }];
    });
  }

  private fail(append: Append, error: unknown): [] {
    append.failed(error);
    return [];
  }

  private async authorize(organizationId: OrganizationId, appends: readonly Append[]): Promise<Asking[]> {
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
    const allowed: Asking[] = [];
    const refused: Refused[] = [];
    appends.forEach((append, index) => {
      const standing = standings[index] ?? null;
      const error = refusalOf(append.command, standing);
      if (!standing) append.failed(error);
      else if (error) refused.push({ append, standing, error });
      else allowed.push({ append, standing });
    });
    await this.refuse(organizationId, refused);
    return allowed;
  }

  /** What may not be done now may have been done before, and its answer lost: then the first result is the answer. */
  private async refuse(organizationId: OrganizationId, refused: readonly Refused[]): Promise<void> {
    const left = new Set(await this.replays.answer(organizationId, refused));
    for (const { append, error } of refused) if (left.has(append)) append.failed(error);
  }

  /** @returns the appends that are to be tried again. */
  private async conclude(
    organizationId: OrganizationId,
    ready: readonly Ready[],
    result: CommitResult,
  ): Promise<readonly Append[]> {
    switch (result.outcome) {
      case 'committed':
        ready.forEach((one, at) => one.append.done(appended(one, result.placed[at] as Placed, result.recordedAt)));
        return [];
      case 'stale':
        await this.lookAgain(organizationId, ready, new Set(result.conversationIds));
        return ready.map(({ append }) => append);
      case 'known':
        return this.replays.answer(organizationId, ready);
      case 'refused': {
        const problems = [...result.problems];
        const refused = problems.map(([at, code]) => ({ ...(ready[at] as Ready), error: appendEntry.fail(code) }));
        await this.refuse(organizationId, refused);
        return ready.filter((_, at) => !result.problems.has(at)).map(({ append }) => append);
      }
    }
  }

  private async lookAgain(organizationId: OrganizationId, ready: readonly Ready[], stale: ReadonlySet<ConversationId>) {
    const pairs = ready.map(({ standing }) => standing).filter(({ conversationId }) => stale.has(conversationId));
    await this.standings.refresh(organizationId, pairs);
  }
}

/** The same id twice in one batch: the second waits for the first and is then a replay. */
function split(appends: readonly Append[]): { first: Append[]; repeated: Append[] } {
  const seen = new Set<string>();
  const first: Append[] = [];
  const repeated: Append[] = [];
  for (const append of appends) {
    const key = keyOf(append.command);
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
    mentions: mentionsOf(command, userId),
    ...audienceOf(command, standing),
  };
}

function appended({ append, standing, draft }: Ready, { seq, expiresAt }: Placed, recordedAt: Date): Appended {
  const { conversationId, id, kind, senderId, senderDeviceId } = draft;
  const entry = toEntry(
    { conversationId, seq, id, kind, senderId, senderDeviceId, recordedAt, expiresAt },
    append.command.body,
  );
  return { entry, standing, replayed: false };
}
