import type { Bus } from '@relais/bus';
import { LIMITS, readMyHeads } from '@relais/contracts';
import { AppError, type ConversationId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import type { Principal } from '@relais/security';
import { handshakeEnded } from '../metrics.js';
import type { RateLimits } from '../rate-limits.js';
import type { Connection } from './connection.js';
import { encodeFrame } from './frames.js';
import { Gate } from './gate.js';
import type { Hub } from './hub.js';
import type { Person } from './person.js';
import type { Settling } from './settling.js';
import type { ShownToken, SocketTokens } from './socket-tokens.js';
import type { Streams } from './streams.js';

/** Hellos that ask messaging at once: a storm of them waits here and not in the database's pool. */
export const PARALLEL_HELLOS = 64;
const TIMEOUT_MS = 5_000;
/** A storm is told to come back spread over this time. */
const COME_BACK_WITHIN_MS = 5_000;

export interface JoiningParts {
  bus: Bus;
  tokens: SocketTokens;
  limits: RateLimits;
  hub: Hub;
  streams: Streams;
  settling: Settling;
  log: Log;
  heartbeatMs: number;
  isBusUp(): boolean;
  /** The connection is ready: it gets heartbeats from now on. */
  joined(connection: Connection): void;
}

type Head = { conversationId: ConversationId; head: number; direct: boolean };

/**
 * From hello to ready. The order closes every gap: first the person's subject is subscribed for certain, then the heads
 * are read, then their conversations are heard; what arrives in between is kept and sent after `ready`.
 */
export class Joining {
  private readonly gate = new Gate(PARALLEL_HELLOS);

  constructor(private readonly parts: JoiningParts) {}

  async hello(connection: Connection, shown: ShownToken): Promise<void> {
    try {
      const principal = await this.parts.tokens.verify(connection, shown);
      await this.parts.limits.take('connectPerDevice', `${principal.userId}:${principal.deviceId}`);
      if (connection.isClosed) return;
      await this.gate.run(() => this.join(connection, principal));
      handshakeEnded('ok', (performance.now() - connection.openedAtMs) / 1_000);
    } catch (error) {
      this.refuse(connection, error);
    }
  }

  /** Compares what a person hears with what they are in, after live events may have been lost. */
  async rejoin(person: Person): Promise<void> {
    const { token } = person;
    if (!token) return;
    const before = new Set(person.streams);
    const heads = await this.headsOf(token);
    if (person.connections.length === 0) return;
    const current = this.joinAll(person, heads);
    for (const stream of before)
      if (!current.has(stream.conversationId) && person.streams.has(stream)) this.parts.streams.leave(person, stream);
    const known = new Set([...before].map(({ conversationId }) => conversationId));
    const found = [...current].filter(([id]) => !known.has(id));
    if (found.length === 0) return;
    const news = encodeFrame({ type: 'heartbeat', heads: found });
    for (const connection of [...person.connections]) if (connection.isReady) connection.send(news, 'message');
  }

  private async join(connection: Connection, principal: Principal): Promise<void> {
    const { hub, settling, streams, heartbeatMs } = this.parts;
    if (connection.isClosed) return;
    // Without this check the hello would wait in the client's buffer until the bus is back or its time is over.
    if (!this.parts.isBusUp()) throw new AppError('unavailable', 'bus_disconnected');
    // It stood in line, and only who has entered is found by a revocation.
    await this.parts.tokens.assertHolds(principal);
    const person = hub.enter(connection, principal);
    connection.admit(principal, person);
    await settling.settled();
    const heads = await this.headsOf(principal.token);
    if (connection.isClosed) return;
    const current = this.joinAll(person, heads);
    const behind = [...current].filter(
      ([id, head]) => (streams.find(person.organizationId, id)?.lastSeq ?? head) < head,
    );
    connection.ready(
      {
        type: 'ready',
        heartbeatMs,
        tokenExpiresAt: new Date(principal.expiresAtMs).toISOString(),
        maxFrameBytes: LIMITS.frameBytes,
        heads: [...current],
      },
      behind,
    );
    this.parts.joined(connection);
  }

  /** What the caller is in, page by page: conversations joined meanwhile are heard of on the person's own subject. */
  private async headsOf(token: string): Promise<Head[]> {
    const heads: Head[] = [];
    let after: ConversationId | undefined;
    do {
      const asked = after ? { after } : {};
      const page = await this.parts.bus.request(readMyHeads, asked, { token, timeoutMs: TIMEOUT_MS });
      heads.push(...page.heads);
      after = page.next;
    } while (after);
    return heads;
  }

  /** @returns the heads of the conversations the person is in, as far as this replica or messaging knows them */
  private joinAll(person: Person, heads: readonly Head[]): Map<ConversationId, number> {
    const current = new Map<ConversationId, number>();
    for (const { conversationId, head, direct } of heads) {
      if (person.hasLeftSince(conversationId, head)) continue;
      const stream = this.parts.streams.join(person, { conversationId, sinceSeq: head, isDirect: direct });
      current.set(conversationId, Math.max(head, stream.lastSeq));
    }
    return current;
  }

  private refuse(connection: Connection, thrown: unknown): void {
    const error = AppError.from(thrown);
    // The client was told the nonce, and may use it once.
    if (error.code === 'use_dpop_nonce' && connection.awaitHello()) return;
    const seconds = (performance.now() - connection.openedAtMs) / 1_000;
    handshakeEnded(outcomeOf(error), seconds);
    // Who may not listen at all (a bot without the scope) is not to come back with the same token either.
    if (error.kind === 'unauthenticated' || error.kind === 'forbidden')
      return connection.close(CLOSED_FOR[error.code] ?? 'unauthenticated');
    if (error.kind === 'internal') {
      this.parts.log.error({ event: 'realtime.hello_failed', error: thrown });
      return connection.close('internal_error', comeBackMs(COME_BACK_WITHIN_MS));
    }
    connection.close('overloaded', (error.retryAfterMs ?? 0) + comeBackMs(COME_BACK_WITHIN_MS));
  }
}

const CLOSED_FOR: Readonly<Record<string, 'token_expired' | 'revoked'>> = {
  token_expired: 'token_expired',
  token_revoked: 'revoked',
};

const outcomeOf = ({ kind }: AppError): 'auth' | 'overload' | 'error' =>
  kind === 'unauthenticated' || kind === 'forbidden' ? 'auth' : kind === 'internal' ? 'error' : 'overload';

/** Full jitter: anywhere in the window, not below half a second. */
export const comeBackMs = (windowMs: number): number => Math.round(500 + Math.random() * windowMs);
