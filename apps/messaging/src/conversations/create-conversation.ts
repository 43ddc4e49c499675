import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type Conversation, createConversation, type MemberRole, resolveUsers } from '@relais/contracts';
import { Envelope } from '@relais/crypto';
import type { ConversationId, EntryId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { scopeOf, sealBody } from '../entries/entry-sealing.js';
import { ConversationChanger } from './change-conversation.js';
import { usualRole } from './conversation-rules.js';
import { openConversations, sealTitle } from './conversation-sealing.js';
import { ConversationStore, type NewMember } from './conversation-store.js';

type Command = z.infer<typeof createConversation.input>;

/** Makes a conversation; asked again, by the same person or by the other side of a pair, it gives the one there is. */
@Injectable()
export class CreateConversationHandler {
  constructor(
    private readonly store: ConversationStore,
    private readonly envelope: Envelope,
    private readonly bus: Bus,
    private readonly changer: ConversationChanger,
  ) {}

  async execute(command: Command, principal: Principal): Promise<Conversation> {
    const { organizationId, userId } = principal;
    const others = [...new Set(command.memberIds)].filter((memberId) => memberId !== userId);
    if (command.kind === 'direct' && others.length !== 1) throw createConversation.fail('direct_needs_one_other');
    await this.assertKnown(others, principal);

    const id = await this.findOrMake(command, others, principal);
    const views = id ? await this.store.views(organizationId, userId, { ids: [id] }) : [];
    const [conversation] = await openConversations(this.envelope, organizationId, views);
    if (!conversation) throw createConversation.fail('conversation_id_reused');
    return conversation;
  }

  /** Looks first: people open their direct conversations again and again, and each new id would be given a key. */
  private async findOrMake(
    { id, kind, title, sharesHistory, messageTtlSeconds }: Command,
    others: readonly UserId[],
    principal: Principal,
  ): Promise<ConversationId | undefined> {
    const { organizationId, userId, deviceId } = principal;
    const wanted = {
      ...{ id, kind, sharesHistory, messageTtlSeconds, creatorId: userId, creatorDeviceId: deviceId, title: null },
      members: membersOf(kind, userId, others),
    };
    const existing = await this.store.existing(organizationId, wanted);
    if (existing) return existing;

    const key = await this.envelope.keyFor(scopeOf(organizationId, id));
    const sealed = { ...wanted, title: kind === 'direct' ? null : sealTitle(key, id, title) };
    const seal = (entryId: EntryId, body: unknown) => sealBody(key, id, entryId, body);
    const made = await this.store.create(organizationId, sealed, seal);
    if (made?.changed) this.changer.announce(principal, made.changed);
    return made?.id;
  }

  private async assertKnown(userIds: UserId[], { token }: Principal): Promise<void> {
    if (userIds.length === 0) return;
    const known = await this.bus.request(resolveUsers, { userIds }, { token });
    if (known.userIds.length < userIds.length) throw createConversation.fail('user_not_found');
  }
}

function membersOf(kind: Command['kind'], creatorId: UserId, others: readonly UserId[]): NewMember[] {
  const own: MemberRole = kind === 'direct' ? 'writer' : 'moderator';
  return [{ userId: creatorId, role: own }, ...others.map((userId) => ({ userId, role: usualRole(kind) }))];
}
