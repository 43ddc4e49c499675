import { Injectable } from '@nestjs/common';
import { addMembers, changeRole, removeMember } from '@relais/contracts';
import type { ConversationId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { ContactStore } from '../contacts/contact-store.js';
import { Contacts, lookingAgain, notAllowed } from '../contacts/contacts.js';
import { ConversationChanger } from '../conversations/change-conversation.js';
import { decideAdding, decideRemoving, decideRole } from '../conversations/conversation-rules.js';
import type { Current } from '../conversations/conversation-store.js';

/** Who comes, who goes, and who may do what: each a line of the log. */
@Injectable()
export class ChangeMembersHandler {
  constructor(
    private readonly changer: ConversationChanger,
    private readonly contacts: Contacts,
    private readonly store: ContactStore,
  ) {}

  async add({ conversationId, userIds, role }: z.infer<typeof addMembers.input>, principal: Principal): Promise<void> {
    const asked = [...new Set(userIds)];
    const isFound = await lookingAgain(async () => {
      const contactVersion = await this.store.version(principal.organizationId);
      const hasBarriers = await this.contacts.assertReachable(addMembers, asked, principal);
      const rulesVersion = hasBarriers ? await this.assertFit(conversationId, asked, principal) : undefined;
      const guard = { contactVersion, ...(rulesVersion === undefined ? {} : { rulesVersion }) };
      const decide = (current: Current) => decideAdding(addMembers, current, asked, role);
      return this.changer.change(principal, conversationId, asked, decide, guard);
    });
    if (!isFound) throw addMembers.fail('conversation_not_found');
  }

  /**
   * Nobody comes in who may not share a conversation with somebody there, or with somebody who comes along. To who is not
   * in it the conversation does not exist, and nothing is found out about its people.
   *
   * @returns the version of the conversation that was looked at
   */
  private async assertFit(id: ConversationId, asked: readonly UserId[], { organizationId, userId }: Principal) {
    const look = await this.store.look(organizationId, id);
    const present = look?.members.map((member) => member.userId) ?? [];
    if (!look || !present.includes(userId)) return undefined;
    const fresh = asked.filter((one) => !present.includes(one));
    const inOrder = [...present, ...fresh];
    const misfits = (await this.contacts.sort(organizationId, inOrder)).misfits(inOrder);
    const inTheWay = fresh.filter((one) => misfits.includes(one));
    if (inTheWay.length > 0) throw notAllowed(addMembers, inTheWay);
    return look.rulesVersion;
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
