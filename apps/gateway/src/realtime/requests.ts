import type { Bus } from '@relais/bus';
import { appendEntry, type ClientFrame, syncEntries } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { type Log, traced } from '@relais/observability';
import type { Principal } from '@relais/security';
import { framesSent, resumed } from '../metrics.js';
import type { RateLimits } from '../rate-limits.js';
import type { AlarmMarks } from './alarm-marks.js';
import type { Connection } from './connection.js';
import { encodeFrame, refusal } from './frames.js';
import type { Marks } from './marks.js';
import type { Person } from './person.js';
import type { SocketTokens } from './socket-tokens.js';
import type { Streams } from './streams.js';
import type { Typing } from './typing.js';

/** Requests one socket may have at work; a client that wants more waits for answers first. */
export const MAX_OUTSTANDING = 64;
const SYNC_TIMEOUT_MS = 5_000;

type Frame<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>;
type Numbered = Frame<'append' | 'sync' | 'token'>;

export interface RequestParts {
  bus: Bus;
  tokens: SocketTokens;
  limits: RateLimits;
  marks: Marks;
  alarmMarks: AlarmMarks;
  streams: Streams;
  typing: Typing;
  log: Log;
}

/** What a client may ask over its socket, and the answers. */
export class Requests {
  constructor(private readonly parts: RequestParts) {}

  /** Takes a frame of a connection that is ready. `isLimited`: it has sent more than it may. */
  take(connection: Connection, frame: ClientFrame, isLimited: boolean): void {
    const { person, principal } = connection;
    if (!person || !principal) return;
    if (frame.type === 'append' || frame.type === 'sync' || frame.type === 'token')
      return void this.answer(connection, frame, isLimited);
    if (frame.type === 'alarm_mark') return this.parts.alarmMarks.note(principal.token, frame.marks);
    if (isLimited) return;
    if (frame.type === 'mark') this.mark(person, frame);
    else if (frame.type === 'typing' && mayWrite(principal)) void this.parts.typing.show(person, frame.conversationId);
  }

  refuse(connection: Connection, n: number, error: AppError): void {
    framesSent('refusal', 1);
    connection.send(refusal(n, error), 'message');
  }

  /** Always sends one answer or one refusal, unless the socket is gone by then. */
  private async answer(connection: Connection, frame: Numbered, isLimited: boolean): Promise<void> {
    if (isLimited || connection.outstanding >= MAX_OUTSTANDING) return this.refuse(connection, frame.n, tooMany());
    connection.outstanding++;
    try {
      const data = await traced({ name: `socket ${frame.type}`, kind: 'server', attributes: {} }, () =>
        this.work(connection, frame),
      );
      connection.outstanding--;
      framesSent('answer', 1);
      connection.send(encodeFrame({ type: 'answer', n: frame.n, ok: true, data }), 'message');
    } catch (thrown) {
      connection.outstanding--;
      const error = AppError.from(thrown);
      if (error.kind === 'internal') this.parts.log.error({ event: 'realtime.request_failed', error: thrown });
      this.refuse(connection, frame.n, error);
    }
  }

  private async work(connection: Connection, frame: Numbered) {
    const principal = connection.principal as Principal;
    if (frame.type === 'append') return this.append(principal, frame);
    if (frame.type === 'sync') return this.sync(principal, frame);
    return this.renew(connection, principal, frame);
  }

  private async append({ token, userId, organizationId }: Principal, { conversationId, entry }: Frame<'append'>) {
    await this.parts.limits.takeHere('appendPerUser', userId);
    await this.parts.limits.takeHere('appendPerConversation', `${organizationId}:${conversationId}`);
    return this.parts.bus.request(appendEntry, { conversationId, ...entry }, { token });
  }

  private async sync({ token, userId }: Principal, { heads }: Frame<'sync'>) {
    try {
      await this.parts.limits.takeHere('syncPerUser', userId);
      const answer = await this.parts.bus.request(syncEntries, { heads }, { token, timeoutMs: SYNC_TIMEOUT_MS });
      resumed(heads.length > 0 ? 'resumed' : 'full_sync');
      return answer;
    } catch (error) {
      resumed('refused');
      throw error;
    }
  }

  private mark(person: Person, { marks }: Frame<'mark'>): void {
    this.parts.marks.note(person, marks);
    for (const { conversationId, delivered } of marks)
      if (delivered !== undefined)
        this.parts.streams.find(person.organizationId, conversationId)?.acknowledged(delivered);
  }

  /** A newer token for the same session; the socket goes on as it was. */
  private async renew(connection: Connection, current: Principal, shown: Frame<'token'>) {
    const next = await this.parts.tokens.verify(connection, shown);
    const isSame =
      next.organizationId === current.organizationId &&
      next.userId === current.userId &&
      next.deviceId === current.deviceId &&
      next.sessionId === current.sessionId;
    if (!isSame) throw new AppError('forbidden', 'forbidden', 'the token of another session');
    if (next.expiresAtMs >= (connection.principal ?? current).expiresAtMs) connection.principal = next;
    return {};
  }
}

/** Bots that may only listen do not show that they type either. */
const mayWrite = ({ scopes }: Principal): boolean => scopes === undefined || scopes.includes('messages:write');

const tooMany = (): AppError => new AppError('rate_limited', 'rate_limited', undefined, { retryAfterMs: 1_000 });
