import type { LivePublisher } from '@relais/bus';
import { type ConversationKind, type Entry, live, type LiveEvent } from '@relais/contracts';
import type { OutboxRelay } from '@relais/database';
import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';

/** Where a conversation's events go: to its two people, or to its own subject. */
export interface Address {
  conversationId: ConversationId;
  kind: ConversationKind;
  directUserIds: readonly UserId[];
}

/**
 * Tells what was committed to whoever is online: at most once, never before the commit. Whoever misses it finds the hole
 * in the numbers and asks. The durable event is in the outbox already; the relay is only woken.
 */
export class Announcer {
  constructor(
    private readonly publisher: Pick<LivePublisher, 'publish'>,
    private readonly relay: Pick<OutboxRelay, 'wake'>,
  ) {}

  /** `alsoTo`: people who are not listening to the conversation yet, or soon no more. */
  entry(organizationId: OrganizationId, address: Address, entry: Entry, alsoTo: readonly UserId[] = []): void {
    this.publish(organizationId, address, { type: 'entry', entry }, alsoTo);
    this.relay.wake();
  }

  /** How far somebody has come, to the others. Channels are too large for that. */
  receipt(organizationId: OrganizationId, address: Address, receipt: Extract<LiveEvent, { type: 'receipt' }>): void {
    if (address.kind !== 'channel') this.publish(organizationId, address, receipt, []);
  }

  /** How far somebody has come, to their own other devices. */
  ownReceipt(organizationId: OrganizationId, receipt: Extract<LiveEvent, { type: 'receipt' }>): void {
    this.toUsers(organizationId, [receipt.userId], Buffer.from(JSON.stringify(receipt)));
  }

  private publish(organizationId: OrganizationId, address: Address, event: LiveEvent, alsoTo: readonly UserId[]): void {
    const bytes = Buffer.from(JSON.stringify(event));
    this.toUsers(organizationId, alsoTo, bytes);
    if (address.kind === 'direct') this.toUsers(organizationId, address.directUserIds, bytes);
    else this.publisher.publish(live.conversation(organizationId, address.conversationId), bytes);
  }

  private toUsers(organizationId: OrganizationId, userIds: readonly UserId[], bytes: Uint8Array): void {
    for (const userId of userIds) this.publisher.publish(live.user(organizationId, userId), bytes);
  }
}
