import { type AppendEntry, type MemberRole, messageBody } from '@relais/contracts';
import { Envelope, FileKeyProvider, MemoryKeyStore } from '@relais/crypto';
import {
  type ConversationId,
  type DeviceId,
  type EntryId,
  newId,
  type OrganizationId,
  type UserId,
} from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { FixedClock, TestKekFile } from '@relais/testing';
import type { z } from 'zod';
import type { Append, Appended } from '../src/entries/append.js';
import { type MemoryConversation, MemoryEntryStore } from '../src/entries/entry-store.memory.js';

/** A log in memory with everything that appending needs, for tests of the rules. */
export class MemoryLog {
  readonly organizationId = newId<OrganizationId>();
  readonly alice = newId<UserId>();
  readonly bob = newId<UserId>();

  private constructor(
    readonly clock: FixedClock,
    readonly store: MemoryEntryStore,
    readonly envelope: Envelope,
    readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<MemoryLog> {
    const clock = new FixedClock();
    const file = await TestKekFile.create();
    const provider = await FileKeyProvider.open(file.path, silentLog);
    const envelope = new Envelope({ provider, store: new MemoryKeyStore(), clock });
    return new MemoryLog(clock, new MemoryEntryStore(() => clock.now()), envelope, async () => {
      envelope.close();
      provider.close();
      await file.remove();
    });
  }

  /** A group of Alice and Bob, unless said otherwise. */
  conversation({
    roles = { [this.alice]: 'writer', [this.bob]: 'writer' } as Record<UserId, MemberRole>,
    organizationId = this.organizationId,
    ...standing
  }: Partial<MemoryConversation['standing']> & {
    roles?: Record<UserId, MemberRole>;
    organizationId?: OrganizationId;
  } = {}): ConversationId {
    const id = newId<ConversationId>();
    this.store.conversations.set(id, {
      organizationId,
      standing: {
        kind: 'group',
        rulesVersion: 1,
        isClosed: false,
        messageTtlSeconds: 0,
        directUserIds: [],
        ...standing,
      },
      sharesHistory: false,
      members: Object.entries(roles).map(([userId, role]) => ({ userId: userId as UserId, role, joinedSeq: 1 })),
      log: [],
    });
    return id;
  }

  of(id: ConversationId): MemoryConversation {
    return this.store.conversations.get(id) as MemoryConversation;
  }

  /** Changes a conversation behind the back of whoever remembers its rules. */
  change(id: ConversationId, change: (conversation: MemoryConversation) => void): void {
    const conversation = this.of(id);
    change(conversation);
    conversation.standing.rulesVersion++;
  }
}

export const message = (
  conversationId: ConversationId,
  text = 'on my way',
  more: Partial<z.infer<typeof messageBody>> & { id?: EntryId; ttlSeconds?: number } = {},
): Extract<AppendEntry, { kind: 'message' }> => {
  const { id = newId<EntryId>(), ttlSeconds, ...body } = more;
  return { conversationId, id, kind: 'message', body: { text, ...body }, ...(ttlSeconds ? { ttlSeconds } : {}) };
};

/** An append and what came of it. */
export function wish(
  command: AppendEntry,
  userId: UserId,
  deviceId = newId<DeviceId>(),
): { append: Append; answer: Promise<Appended> } {
  const { promise, resolve, reject } = Promise.withResolvers<Appended>();
  promise.catch(() => undefined);
  return { append: { command, userId, deviceId, done: resolve, failed: reject }, answer: promise };
}
