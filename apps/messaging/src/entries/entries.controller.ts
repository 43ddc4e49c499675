import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { appendEntry, LIMITS, listEntries, readHeads, readMyHeads, syncEntries } from '@relais/contracts';
import type { z } from 'zod';
import { AppendEntryHandler } from './append-entry.js';
import { EntryStore } from './entry-store.js';
import { ListEntriesHandler } from './list-entries.js';
import { SyncEntriesHandler } from './sync-entries.js';

@Controller()
export class EntriesController {
  constructor(
    private readonly appender: AppendEntryHandler,
    private readonly lister: ListEntriesHandler,
    private readonly syncer: SyncEntriesHandler,
    private readonly store: EntryStore,
  ) {}

  @Serves(appendEntry)
  append(command: z.infer<typeof appendEntry.input>, context: RequestContext) {
    return this.appender.execute(command, context.principal, context.isAbandoned);
  }

  @Serves(listEntries)
  list(page: z.infer<typeof listEntries.input>, { principal }: RequestContext) {
    return this.lister.execute(page, principal);
  }

  @Serves(syncEntries)
  sync(request: z.infer<typeof syncEntries.input>, { principal }: RequestContext) {
    return this.syncer.execute(request, principal);
  }

  @Serves(readMyHeads)
  async myHeads({ after }: z.infer<typeof readMyHeads.input>, { principal }: RequestContext) {
    const page = { after, limit: LIMITS.headsPage };
    const found = await this.store.headsOf(principal.organizationId, principal.userId, page);
    const heads = found.map(({ conversationId, head, isDirect }) => ({ conversationId, head, direct: isDirect }));
    return { heads, ...(heads.length === LIMITS.headsPage ? { next: heads.at(-1)?.conversationId } : {}) };
  }

  @Serves(readHeads)
  async heads({ organizationId, conversationIds }: z.infer<typeof readHeads.input>) {
    return { heads: await this.store.heads(organizationId, conversationIds) };
  }
}
