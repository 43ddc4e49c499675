import { Injectable } from '@nestjs/common';
import { type DataKey, Envelope } from '@relais/crypto';
import type { ConversationId, EntryId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { Guard } from '../contacts/contact-store.js';
import { Announcer } from '../announce/announcer.js';
import { scopeOf, sealBody } from '../entries/entry-sealing.js';
import { type Change, type Changed, type Current, ConversationStore } from './conversation-store.js';

type Actor = Pick<Principal, 'organizationId' | 'userId' | 'deviceId'>;

/**
 * Changes a conversation and tells its people. Every use case that does is this with a rule of its own: the key is
 * fetched before the lock is taken, the rule decides under the lock, and the lines go out after the commit.
 */
@Injectable()
export class ConversationChanger {
  constructor(
    private readonly store: ConversationStore,
    private readonly envelope: Envelope,
    private readonly announcer: Announcer,
  ) {}

  /**
   * @param guard what the decision was prepared from, if anything was
   * @returns whether there is such a conversation.
   */
  async change(
    actor: Actor,
    conversationId: ConversationId,
    userIds: readonly UserId[],
    decide: (current: Current, key: DataKey) => readonly Change[],
    guard?: Guard,
  ): Promise<boolean> {
    const { organizationId, userId, deviceId } = actor;
    const key = await this.envelope.keyFor(scopeOf(organizationId, conversationId));
    const changed = await this.store.change(organizationId, {
      conversationId,
      actorId: userId,
      actorDeviceId: deviceId,
      userIds,
      guard,
      decide: (current) => decide(current, key),
      seal: (id: EntryId, body: unknown) => sealBody(key, conversationId, id, body),
    });
    if (changed) this.announce(actor, changed);
    return changed !== null;
  }

  /** Those who come or go hear it on their own subject: they are not listening to the conversation yet, or no more. */
  announce({ organizationId }: Pick<Actor, 'organizationId'>, { address, entries }: Changed): void {
    for (const entry of entries) {
      const isComingOrGoing = entry.kind === 'membership' && entry.body.change !== 'role' && address.kind !== 'direct';
      this.announcer.entry(organizationId, address, entry, isComingOrGoing ? entry.body.userIds : []);
    }
  }
}
