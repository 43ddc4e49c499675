import { Injectable } from '@nestjs/common';
import { closeConversation, updateConversation } from '@relais/contracts';
import type { ConversationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { ConversationChanger } from './change-conversation.js';
import { assertModerates } from './conversation-rules.js';
import { sealTitle } from './conversation-sealing.js';

/** Changes title or settings; what changed is a line of the log. */
@Injectable()
export class UpdateConversationHandler {
  constructor(private readonly changer: ConversationChanger) {}

  async execute(
    { conversationId, ...body }: z.infer<typeof updateConversation.input>,
    principal: Principal,
  ): Promise<void> {
    const isFound = await this.changer.change(principal, conversationId, [], (current, key) => {
      assertModerates(updateConversation, current);
      if (Object.keys(body).length === 0) return [];
      const title = body.title === undefined ? null : sealTitle(key, conversationId, body.title);
      return [{ kind: 'settings', body, ...(title ? { title } : {}) }];
    });
    if (!isFound) throw updateConversation.fail('conversation_not_found');
  }
}

/** Ends a conversation: readable, but no more entries. */
@Injectable()
export class CloseConversationHandler {
  constructor(private readonly changer: ConversationChanger) {}

  async execute(conversationId: ConversationId, principal: Principal): Promise<void> {
    const isFound = await this.changer.change(principal, conversationId, [], (current) => {
      assertModerates(closeConversation, current);
      return [{ kind: 'closed', body: {} }];
    });
    if (!isFound) throw closeConversation.fail('conversation_not_found');
  }
}
