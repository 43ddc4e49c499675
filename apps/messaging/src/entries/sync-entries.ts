import { Injectable } from '@nestjs/common';
import { LIMITS, type syncEntries } from '@relais/contracts';
import { Envelope } from '@relais/crypto';
import { Clock, type ConversationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { openEntries } from './entry-sealing.js';
import { EntryStore } from './entry-store.js';
import { fitting } from './page.js';

type Answer = z.infer<typeof syncEntries.output>;

/** Conversations answered at once; the rest is for the next request. */
const MAX_CONVERSATIONS = 100;

const byConversation = <Item extends { conversationId: ConversationId }>(items: readonly Item[]) =>
  Map.groupBy(items, ({ conversationId }): ConversationId => conversationId);

/** Brings a client up to date that says where it stands in each conversation. */
@Injectable()
export class SyncEntriesHandler {
  constructor(
    private readonly store: EntryStore,
    private readonly envelope: Envelope,
    private readonly clock: Clock,
  ) {}

  async execute({ heads }: z.infer<typeof syncEntries.input>, { organizationId, userId }: Principal): Promise<Answer> {
    const theirs = new Map(heads);
    const mine = await this.store.headsOf(organizationId, userId);
    const present = new Set(mine.map(({ conversationId }) => conversationId));
    const gone = [...theirs.keys()].filter((conversationId) => !present.has(conversationId));
    const behind = mine.filter(({ conversationId, head }) => head > (theirs.get(conversationId) ?? -1));

    const now = behind.slice(0, MAX_CONVERSATIONS);
    const windows = now.map(({ conversationId }) => ({ conversationId, after: theirs.get(conversationId) ?? 0 }));
    const limit = Math.max(1, Math.floor(LIMITS.syncEntries / Math.max(1, now.length)));
    const found = await this.store.listAfter(organizationId, userId, windows, limit);
    const kept = fitting(found);
    const shown = await openEntries(this.envelope, organizationId, kept, this.clock.now());

    const [foundOf, keptOf, shownOf] = [byConversation(found), byConversation(kept), byConversation(shown)];
    const changed = now.flatMap(({ conversationId, head }) => {
      const page = keptOf.get(conversationId) ?? [];
      const count = foundOf.get(conversationId)?.length ?? 0;
      if (page.length === 0 && count > 0) return [];
      const last = page.at(-1)?.seq ?? 0;
      const isAll = page.length === count && count < limit;
      const entries = shownOf.get(conversationId) ?? [];
      return [{ conversationId, head, upTo: isAll ? Math.max(head, last) : last, entries }];
    });
    const more = changed.length < behind.length || changed.some(({ head, upTo }) => upTo < head);
    return { changed, gone, more };
  }
}
