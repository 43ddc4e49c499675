import { Injectable } from '@nestjs/common';
import type { userRemoved } from '@relais/contracts';
import type { DeviceId } from '@relais/kernel';
import type { z } from 'zod';
import { ConversationChanger } from '../conversations/change-conversation.js';
import { decideDeparting } from '../conversations/conversation-rules.js';
import { MemberStore } from './member-store.js';

/** One of `CONSUMERS.messaging`. */
export const DEPARTED_USERS = 'messaging-departed-users';

/**
 * Takes people out of their conversations who were taken out of the organization. Idempotent by nature: who has left
 * already is not a member, and nothing is written.
 */
@Injectable()
export class DepartedUsersHandler {
  constructor(
    private readonly members: MemberStore,
    private readonly changer: ConversationChanger,
  ) {}

  async execute({ organizationId, userId }: z.infer<typeof userRemoved.data>): Promise<void> {
    // No device did this: the id of the person stands in for it.
    const actor = { organizationId, userId, deviceId: userId as string as DeviceId };
    for (const conversationId of await this.members.conversationsOf(organizationId, userId))
      await this.changer.change(actor, conversationId, [userId], (current) => decideDeparting(current, userId));
  }
}
