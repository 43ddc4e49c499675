import { Injectable } from '@nestjs/common';
import { listEntries } from '@relais/contracts';
import { Envelope } from '@relais/crypto';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { openEntries } from './entry-sealing.js';
import { EntryStore } from './entry-store.js';

/** One page of a conversation's log. */
@Injectable()
export class ListEntriesHandler {
  constructor(
    private readonly store: EntryStore,
    private readonly envelope: Envelope,
    private readonly clock: Clock,
  ) {}

  async execute(
    page: z.infer<typeof listEntries.input>,
    { organizationId, userId }: Principal,
  ): Promise<z.infer<typeof listEntries.output>> {
    const { conversationId, after, before, limit } = page;
    const [standing] = await this.store.standings(organizationId, [{ conversationId, userId }]);
    const [known] = await this.store.heads(organizationId, [conversationId]);
    if (!standing || !known) throw listEntries.fail('conversation_not_found');

    const head = known[1];
    const isForwards = after !== undefined;
    const stored = isForwards
      ? await this.store.listAfter(organizationId, userId, [{ conversationId, after }], limit)
      : await this.store.listBefore(organizationId, userId, conversationId, before ?? head + 1, limit);

    const last = stored.at(-1)?.seq ?? 0;
    const upTo = stored.length === limit ? last : Math.max(head, last);
    return { entries: await openEntries(this.envelope, organizationId, stored, this.clock.now()), head, upTo };
  }
}
