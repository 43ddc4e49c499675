import { Injectable } from '@nestjs/common';
import { type Conversation, createConversation, type MemberRole } from '@relais/contracts';
import { Envelope } from '@relais/crypto';
import type { ConversationId, EntryId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { decideWriting } from '../contacts/contact-rules.js';
import { ContactStore } from '../contacts/contact-store.js';
import { Contacts, lookingAgain, notAllowed } from '../contacts/contacts.js';
import { scopeOf, sealBody } from '../entries/entry-sealing.js';
import { ConversationChanger } from './change-conversation.js';
import { usualRole } from './conversation-rules.js';
import { openConversations, sealTitle } from './conversation-sealing.js';
import { ConversationStore, type Current, type NewMember } from './conversation-store.js';

type Command = z.infer<typeof createConversation.input>;

/** Makes a conversation; asked again, by the same person or by the other side of a pair, it gives the one there is. */
@Injectable()
export class CreateConversationHandler {
  constructor(
    private readonly store: ConversationStore,
    private readonly envelope: Envelope,
    private readonly contacts: Contacts,
    private readonly contactStore: ContactStore,
    private readonly changer: ConversationChanger,
  ) {}

  async execute(command: Command, principal: Principal): Promise<Conversation> {
    const { organizationId, userId } = principal;
    const others = [...new Set(command.memberIds)].filter((memberId) => memberId !== userId);
    if (command.kind === 'direct' && others.length !== 1) throw createConversation.fail('direct_needs_one_other');
    const id = await lookingAgain(async () => {
      const contactVersion = await this.contactStore.version(organizationId);
      await this.assertMeet(command, others, principal);
      return this.findOrMake(command, others, principal, contactVersion);
    });
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
    contactVersion: number,
  ): Promise<ConversationId | undefined> {
    const { organizationId, userId, deviceId } = principal;
    const wanted = {
      ...{ id, kind, sharesHistory, messageTtlSeconds, creatorId: userId, creatorDeviceId: deviceId, title: null },
      members: membersOf(kind, userId, others),
      contactVersion,
    };
    const existing = await this.store.existing(organizationId, wanted);
    if (existing) {
      if (kind === 'direct') await this.makeWritable(existing, [userId, ...others], principal, contactVersion);
      return existing;
    }

    const key = await this.envelope.keyFor(scopeOf(organizationId, id));
    const sealed = { ...wanted, title: kind === 'direct' ? null : sealTitle(key, id, title) };
    const seal = (entryId: EntryId, body: unknown) => sealBody(key, id, entryId, body);
    const made = await this.store.create(organizationId, sealed, seal);
    if (made?.changed) this.changer.announce(principal, made.changed);
    return made?.id;
  }

  /** The caller may write to all of them, and any two of them may be in one conversation. */
  private async assertMeet({ kind }: Command, others: readonly UserId[], principal: Principal): Promise<void> {
    const { organizationId, userId } = principal;
    const hasBarriers = await this.contacts.assertReachable(createConversation, others, principal);
    if (!hasBarriers || kind === 'direct') return;
    const everybody = [userId, ...others];
    const misfits = (await this.contacts.sort(organizationId, everybody)).misfits(everybody);
    if (misfits.length > 0) throw notAllowed(createConversation, misfits);
  }

  /** They may meet again, and the review that would say so may still be on its way. */
  private async makeWritable(
    id: ConversationId,
    userIds: readonly UserId[],
    principal: Principal,
    contactVersion: number,
  ): Promise<void> {
    const [view] = await this.store.views(principal.organizationId, principal.userId, { ids: [id] });
    if (view?.role !== 'reader') return;
    const decide = (current: Current) => decideWriting(current, userIds, true);
    await this.changer.change(principal, id, userIds, decide, { contactVersion });
  }
}

function membersOf(kind: Command['kind'], creatorId: UserId, others: readonly UserId[]): NewMember[] {
  const own: MemberRole = kind === 'direct' ? 'writer' : 'moderator';
  return [{ userId: creatorId, role: own }, ...others.map((userId) => ({ userId, role: usualRole(kind) }))];
}
