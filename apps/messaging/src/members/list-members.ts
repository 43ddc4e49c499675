import { Injectable } from '@nestjs/common';
import { listMembers, type Member, userId as userIdOf, notTaken } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { ReceiptSharing, shownTo } from '../marks/receipt-sharing.js';
import { type MemberRecord, MemberStore } from './member-store.js';

/** Who is in a conversation, and how far each has come as far as that is shown. */
@Injectable()
export class ListMembersHandler {
  constructor(
    private readonly members: MemberStore,
    private readonly sharing: ReceiptSharing,
  ) {}

  async execute(
    page: z.infer<typeof listMembers.input>,
    principal: Principal,
  ): Promise<z.infer<typeof listMembers.output>> {
    const { conversationId, cursor = '', limit } = page;
    if (cursor !== '' && !userIdOf.safeParse(cursor).success) throw notTaken('not a cursor');
    const { organizationId, userId } = principal;
    const records = await this.members.list(organizationId, userId, conversationId, { after: cursor, limit });
    if (!records) throw listMembers.fail('conversation_not_found');
    const items = records.map((record) => this.show(record, principal));
    return { items, ...(records.length === limit ? { next: records.at(-1)?.userId } : {}) };
  }

  private show({ userId, role, joinedAt, ...mark }: MemberRecord, principal: Principal): Member {
    const shown = userId === principal.userId ? mark : (shownTo(this.sharing, mark) ?? { delivered: 0, read: 0 });
    return { userId, role, joinedAt: joinedAt.toISOString(), ...shown };
  }
}
