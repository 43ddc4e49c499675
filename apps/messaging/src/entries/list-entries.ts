import { Injectable } from '@nestjs/common';
import { listEntries } from '@relais/contracts';
import { Envelope } from '@relais/crypto';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { openEntries } from './entry-sealing.js';
import { EntryStore } from './entry-store.js';
import { fitting, fittingFromEnd } from './page.js';

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
    const found =
      after === undefined
        ? await this.store.listBefore(organizationId, userId, conversationId, before ?? head + 1, limit)
        : await this.store.listAfter(organizationId, userId, [{ conversationId, after }], limit);
    const stored = after === undefined ? fittingFromEnd(found) : fitting(found);

    const last = stored.at(-1)?.seq ?? 0;
    const isAll = found.length < limit && stored.length === found.length;
    const upTo = isAll ? Math.max(head, last) : last;
    return { entries: await openEntries(this.envelope, organizationId, stored, this.clock.now()), head, upTo };
  }
}
