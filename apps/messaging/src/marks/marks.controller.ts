import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { advanceMarks } from '@relais/contracts';
import type { z } from 'zod';
import { Announcer } from '../announce/announcer.js';
import { ReceiptSharing, shownTo } from './receipt-sharing.js';
import { MarkStore } from './mark-store.js';

@Controller()
export class MarksController {
  constructor(
    private readonly marks: MarkStore,
    private readonly announcer: Announcer,
    private readonly sharing: ReceiptSharing,
  ) {}

  @Serves(advanceMarks)
  async advance({ marks }: z.infer<typeof advanceMarks.input>, { principal }: RequestContext) {
    const { organizationId, userId } = principal;
    const asked = marks.map(({ conversationId, delivered = 0, read = 0 }) => ({ conversationId, delivered, read }));
    for (const { address, conversationId, ...mark } of await this.marks.advance(organizationId, userId, asked)) {
      this.announcer.ownReceipt(organizationId, { type: 'receipt', conversationId, userId, ...mark });
      const shown = shownTo(this.sharing, mark);
      if (shown) this.announcer.receipt(organizationId, address, { type: 'receipt', conversationId, userId, ...shown });
    }
    return {};
  }
}
