import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { addMembers, changeRole, removeMember, resolveUsers } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { ConversationChanger } from '../conversations/change-conversation.js';
import { decideAdding, decideRemoving, decideRole } from '../conversations/conversation-rules.js';

/** Who comes, who goes, and who may do what: each a line of the log. */
@Injectable()
export class ChangeMembersHandler {
  constructor(
    private readonly changer: ConversationChanger,
    private readonly bus: Bus,
  ) {}

  async add({ conversationId, userIds, role }: z.infer<typeof addMembers.input>, principal: Principal): Promise<void> {
    const asked = [...new Set(userIds)];
    const known = await this.bus.request(resolveUsers, { userIds: asked }, { token: principal.token });
    if (known.userIds.length < asked.length) throw addMembers.fail('user_not_found');
    const isFound = await this.changer.change(principal, conversationId, asked, (current) =>
      decideAdding(addMembers, current, asked, role),
    );
    if (!isFound) throw addMembers.fail('conversation_not_found');
  }

  async remove({ conversationId, userId }: z.infer<typeof removeMember.input>, principal: Principal): Promise<void> {
    const isFound = await this.changer.change(principal, conversationId, [userId], (current) =>
      decideRemoving(removeMember, current, principal.userId, userId),
    );
    if (!isFound) throw removeMember.fail('conversation_not_found');
  }

  async changeRole(
    { conversationId, userId, role }: z.infer<typeof changeRole.input>,
    principal: Principal,
  ): Promise<void> {
    const isFound = await this.changer.change(principal, conversationId, [userId], (current) =>
      decideRole(changeRole, current, userId, role),
    );
    if (!isFound) throw changeRole.fail('conversation_not_found');
  }
}
