import { z } from 'zod';
import { markAlarm } from '../alerting/alarms.js';
import { LIMITS } from '../limits.js';
import { entry, written } from '../messaging/bodies.js';
import { advanceMarks } from '../messaging/conversations.js';
import { receipt, syncEntries } from '../messaging/entries.js';
import { conversationId, seq, timestamp, userId } from '../primitives.js';
import { alarmChanged, alarmChecklist, alarmTold, alarmUpdateDue, dutyChanged, securityNoticeTold } from './live.js';

export const SUBPROTOCOL = 'relais.v1';

/** The client's number for a request; its answer carries it back. */
const n = z.int().nonnegative();

/** A DPoP proof (RFC 9449) for the method GET and the address of the socket, as http or https. Without one it is refused. */
const proof = z.string().max(4_096).optional();

/** What a client may say, one JSON object per text frame. */
export const clientFrame = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), token: z.string().max(8_192), proof }),
  z.strictObject({ type: z.literal('token'), n, token: z.string().max(8_192), proof }),
  z.strictObject({ type: z.literal('append'), n, conversationId, entry: written }),
  z.strictObject({ type: z.literal('sync'), n, heads: syncEntries.input.shape.heads }),
  z.strictObject({ type: z.literal('mark'), marks: advanceMarks.input.shape.marks }),
  z.strictObject({ type: z.literal('typing'), conversationId }),
  z.strictObject({ type: z.literal('alarm_mark'), marks: markAlarm.input.shape.marks }),
  z.strictObject({ type: z.literal('alive') }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

export const failure = z.object({
  code: z.string(),
  kind: z.string(),
  retryable: z.boolean(),
  retryAfterMs: z.int().optional(),
  /** What is wrong and what to do about it, for people. */
  detail: z.string().optional(),
});

const heads = z.array(z.tuple([conversationId, seq]));

/** What the server says. Unknown types are to be ignored: more may come. */
export const serverFrame = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    heartbeatMs: z.int(),
    tokenExpiresAt: timestamp,
    maxFrameBytes: z.literal(LIMITS.frameBytes),
    /** Where every conversation of the person stands: what is beyond the client's own heads is there to sync. */
    heads,
  }),
  z.object({
    type: z.literal('answer'),
    n,
    ok: z.literal(true),
    data: z.union([receipt, syncEntries.output, z.object({})]),
  }),
  z.object({ type: z.literal('refusal'), n, error: failure }),
  /** The proof has to carry this nonce: say hello once more, or `token` after its refusal. Comes at most once before `ready`. */
  z.object({ type: z.literal('nonce'), nonce: z.string() }),
  z.object({ type: z.literal('entry'), entry }),
  z.object({ type: z.literal('receipt'), conversationId, userId, delivered: seq, read: seq }),
  z.object({ type: z.literal('typing'), conversationId, userId }),
  alarmTold,
  alarmChanged,
  alarmChecklist,
  alarmUpdateDue,
  dutyChanged,
  securityNoticeTold,
  /** Heads that moved since the last heartbeat, so that a lost last entry is found, too. Answer with `alive`. */
  z.object({ type: z.literal('heartbeat'), heads }),
]);
export type ServerFrame = z.infer<typeof serverFrame>;
