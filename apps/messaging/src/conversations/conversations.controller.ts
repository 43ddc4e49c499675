import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  closeConversation,
  createConversation,
  listConversations,
  muteConversation,
  readConversation,
  updateConversation,
} from '@relais/contracts';
import type { z } from 'zod';
import { MarkStore } from '../marks/mark-store.js';
import { CreateConversationHandler } from './create-conversation.js';
import { ReadConversationsHandler } from './read-conversations.js';
import { CloseConversationHandler, UpdateConversationHandler } from './update-conversation.js';

@Controller()
export class ConversationsController {
  constructor(
    private readonly creator: CreateConversationHandler,
    private readonly reader: ReadConversationsHandler,
    private readonly updater: UpdateConversationHandler,
    private readonly closer: CloseConversationHandler,
    private readonly marks: MarkStore,
  ) {}

  @Serves(createConversation)
  create(command: z.infer<typeof createConversation.input>, { principal }: RequestContext) {
    return this.creator.execute(command, principal);
  }

  @Serves(readConversation)
  read({ conversationId }: z.infer<typeof readConversation.input>, { principal }: RequestContext) {
    return this.reader.one(conversationId, principal);
  }

  @Serves(listConversations)
  list(page: z.infer<typeof listConversations.input>, { principal }: RequestContext) {
    return this.reader.page(page, principal);
  }

  @Serves(updateConversation)
  async update(command: z.infer<typeof updateConversation.input>, { principal }: RequestContext) {
    await this.updater.execute(command, principal);
    return this.reader.one(command.conversationId, principal);
  }

  @Serves(closeConversation)
  async close({ conversationId }: z.infer<typeof closeConversation.input>, { principal }: RequestContext) {
    await this.closer.execute(conversationId, principal);
    return {};
  }

  @Serves(muteConversation)
  async mute({ conversationId, until }: z.infer<typeof muteConversation.input>, { principal }: RequestContext) {
    const isFound = await this.marks.mute(
      principal.organizationId,
      principal.userId,
      conversationId,
      until ? new Date(until) : null,
    );
    if (!isFound) throw muteConversation.fail('conversation_not_found');
    return {};
  }
}
