import { Injectable } from '@nestjs/common';
import {
  type Conversation,
  conversationId as idOf,
  listConversations,
  readConversation,
  notTaken,
} from '@relais/contracts';
import { Envelope } from '@relais/crypto';
import type { ConversationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { openConversations } from './conversation-sealing.js';
import { ConversationStore } from './conversation-store.js';

/** Conversations as the caller sees them. */
@Injectable()
export class ReadConversationsHandler {
  constructor(
    private readonly store: ConversationStore,
    private readonly envelope: Envelope,
  ) {}

  async one(conversationId: ConversationId, { organizationId, userId }: Principal): Promise<Conversation> {
    const views = await this.store.views(organizationId, userId, { ids: [conversationId] });
    const [conversation] = await openConversations(this.envelope, organizationId, views);
    if (!conversation) throw readConversation.fail('conversation_not_found');
    return conversation;
  }

  async page(
    { cursor = '', limit }: z.infer<typeof listConversations.input>,
    { organizationId, userId }: Principal,
  ): Promise<z.infer<typeof listConversations.output>> {
    if (cursor !== '' && !idOf.safeParse(cursor).success) throw notTaken('not a cursor');
    const views = await this.store.views(organizationId, userId, { after: cursor, limit });
    const items = await openConversations(this.envelope, organizationId, views);
    return { items, ...(views.length === limit ? { next: views.at(-1)?.id } : {}) };
  }
}
