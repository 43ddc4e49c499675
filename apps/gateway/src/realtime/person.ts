import type { ConversationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { Connection } from './connection.js';
import type { ConversationStream } from './conversation-stream.js';

/** Leavings remembered per person, so that an older snapshot of their conversations does not bring them back. */
const MAX_LEFT = 64;

/** One person, as long as they have a socket on this replica: their sockets and the conversations they hear. */
export class Person {
  readonly connections: Connection[] = [];
  readonly streams = new Set<ConversationStream>();
  private left: Map<ConversationId, number> | undefined;

  constructor(
    readonly organizationId: Principal['organizationId'],
    readonly userId: Principal['userId'],
    /** Gives the interest in the person's own subject back. */
    readonly release: () => void,
  ) {}

  /** The token to ask with in this person's name: the one that lasts longest. */
  get token(): string | undefined {
    const principals = this.connections.flatMap(({ principal }) => principal ?? []);
    return principals.sort((a, b) => b.expiresAtMs - a.expiresAtMs)[0]?.token;
  }

  noteLeft(conversationId: ConversationId, seq: number): void {
    this.left ??= new Map();
    this.left.delete(conversationId);
    this.left.set(conversationId, seq);
    const oldest = this.left.keys().next();
    if (this.left.size > MAX_LEFT && !oldest.done) this.left.delete(oldest.value);
  }

  /** Whether the person is known to have left at or after this position. */
  hasLeftSince(conversationId: ConversationId, seq: number): boolean {
    const leftAt = this.left?.get(conversationId);
    return leftAt !== undefined && leftAt > seq;
  }
}
