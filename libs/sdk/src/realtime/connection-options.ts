import type { Alarm, AlarmChecklist, AlarmTold, DutyChanged, Entry, SecurityNotice, Written } from '@relais/contracts';
import type { ConversationId, EntryId, UserId } from '@relais/kernel';
import type { Backoff } from '../backoff.js';
import type { AccessTokens } from '../session/access-tokens.js';
import type { SocketEnd } from './close-reason.js';
import type { Skipped } from './conversation-log.js';
import type { History } from './conversation-logs.js';

export interface ConnectionOptions {
  /** Base addresses (http or https); the first is used first, the next one after each loss. */
  gateways: readonly string[];
  tokens: AccessTokens;
  /** Where each conversation was left: `heads()` of an earlier connection. */
  heads?: Iterable<readonly [ConversationId, number]>;
  /** What to do about conversations without a head at the first `ready`: read them from the beginning, or start at their end. */
  history?: History;
  /** Between attempts to reconnect and to repeat refused requests; default 1 s base, 60 s cap, Math.random. */
  backoff?: Partial<Backoff>;
  /** An unanswered request is repeated after this long; default 5 s. */
  requestTimeoutMs?: number;
  /** A socket that is not ready by then is given up; default 10 s. */
  readyTimeoutMs?: number;
  /** How long a hole in a log may heal by itself before it is asked for; default 200 ms. */
  gapWaitMs?: number;
  /** Marks go out at most once in this time; default 500 ms. */
  markIntervalMs?: number;
  /** Unanswered appends; more are refused with `too_many_pending`. Default 10,000. */
  maxPending?: number;
  /** Unanswered appends sent at the same time; the others queue behind them. Default 64, within what a gateway lets pass. */
  maxInFlight?: number;
  /** Entries per conversation kept beyond a hole; default 1,000. */
  maxBuffered?: number;
}

export const DEFAULT_CONNECTION_OPTIONS = {
  requestTimeoutMs: 5_000,
  readyTimeoutMs: 10_000,
  gapWaitMs: 200,
  markIntervalMs: 500,
  maxPending: 10_000,
  maxInFlight: 64,
} satisfies Partial<ConnectionOptions>;

export type ConnectionState = 'idle' | 'connecting' | 'online' | 'offline' | 'closed';

export interface StateChange {
  state: ConnectionState;
  /** The gateway in question. */
  gateway: string;
  /** Why the socket ended, for `offline` and `closed`. */
  end?: SocketEnd;
  /** When the next attempt is made, for `offline`. */
  retryInMs?: number;
}

export interface ConnectionEvents {
  /** The next entry of its conversation: each exactly once, in order. */
  entry: [Entry];
  state: [StateChange];
  /** How far a member has received and read. */
  receipt: [{ conversationId: ConversationId; userId: UserId; delivered: number; read: number }];
  typing: [{ conversationId: ConversationId; userId: UserId }];
  /**
   * The person is told of an alarm; that the device has it was said already. Once for each telling, and after each `online` also what
   * was told meanwhile: open alarms that the person has not answered.
   */
  alarm: [AlarmTold];
  /** A test that has been acknowledged already. Show nobody: it is for what watches over alarming. */
  silentAlarm: [AlarmTold];
  /** An alarm that the person was told of is not what it was. */
  alarmChanged: [Alarm];
  /** Something to do in an alarm was added, done, or is not done after all. */
  alarmChecklist: [AlarmChecklist];
  /** It is time to say something new in an alarm that the person raised. */
  alarmUpdateDue: [Alarm['id']];
  /** Who is on duty by a roster has changed, and it concerns the person. */
  dutyChanged: [DutyChanged];
  /** Something happened to the person's own account; see `listSecurityNotices` for what was missed. */
  securityNotice: [SecurityNotice];
  /** A live entry came before its predecessors; they are waited for, then asked for. */
  gap: [{ conversationId: ConversationId; arrivedSeq: number }];
  /** Positions the server has nothing to show for (said while the person was not a member) were stepped over. */
  skipped: [Skipped & { conversationId: ConversationId }];
  /** The person is no longer in this conversation. */
  gone: [ConversationId];
  /** Everything the server has was applied. */
  caughtUp: [];
  /** A listener of another event threw this. Without a listener here it is an uncaught exception. */
  error: [unknown];
}

type WithoutId<Kind> = Kind extends unknown ? Omit<Kind, 'id'> & { id?: EntryId } : never;
/** What to write; without an id, a new one is chosen. */
export type Draft = WithoutId<Written>;
