import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { advanceMarks, LIMITS, listListeners } from '@relais/contracts';
import type { z } from 'zod';
import { Announcer } from '../announce/announcer.js';
import { newsTo, ReceiptSharing } from './receipt-sharing.js';
import { MarkStore } from './mark-store.js';

@Controller()
export class MarksController {
  constructor(
    private readonly marks: MarkStore,
    private readonly announcer: Announcer,
    private readonly sharing: ReceiptSharing,
  ) {}

  @Serves(listListeners)
  async listeners({ organizationId, conversations }: z.infer<typeof listListeners.input>) {
    const limit = LIMITS.listenersPage;
    const found = conversations.map(async (asked) => {
      const listeners = await this.marks.listeners(organizationId, asked, limit);
      return { conversationId: asked.conversationId, listeners, more: listeners.length === limit };
    });
    return { conversations: await Promise.all(found) };
  }

  @Serves(advanceMarks)
  async advance({ marks }: z.infer<typeof advanceMarks.input>, { principal }: RequestContext) {
    const { organizationId, userId } = principal;
    const asked = marks.map(({ conversationId, delivered = 0, read = 0 }) => ({ conversationId, delivered, read }));
    for (const { address, before, ...mark } of await this.marks.advance(organizationId, userId, asked)) {
      const { conversationId } = mark;
      this.announcer.ownReceipt(organizationId, { type: 'receipt', userId, ...mark });
      const news = newsTo(this.sharing, mark, before);
      if (news) this.announcer.receipt(organizationId, address, { type: 'receipt', conversationId, userId, ...news });
    }
    return {};
  }
}
