import type { ConversationId, UserId } from '@relais/kernel';
import { z } from 'zod';

export interface Membership {
  readonly change: 'added' | 'removed' | 'left' | 'role';
  readonly userIds: readonly UserId[];
}

/** An entry as it passes through: its place, and the frame that clients get, byte for byte. */
export interface LiveEntry {
  readonly conversationId: ConversationId;
  readonly seq: number;
  readonly kind: string;
  readonly recordedAtMs: number;
  readonly path: 'online' | 'replay';
  readonly membership: Membership | undefined;
  readonly bytes: Uint8Array;
}

/** Something said besides the log: lost if lost. */
export interface LiveNote {
  readonly type: 'receipt' | 'typing';
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly bytes: Uint8Array;
}

export const NOTICES = [
  'alarm',
  'alarm_changed',
  'alarm_checklist',
  'alarm_update_due',
  'duty_changed',
  'security_notice',
] as const;
type NoticeType = (typeof NOTICES)[number];
const isNotice = (type: unknown): type is NoticeType => (NOTICES as readonly unknown[]).includes(type);

/** Said to one person, in no conversation: sent on as it is. */
export interface LiveNotice {
  readonly type: NoticeType;
  readonly bytes: Uint8Array;
}

/** Said to many people in one message, each of whom gets it as a notice. */
export interface LiveCrowd {
  readonly userIds: readonly UserId[];
  readonly notice: LiveNotice;
}

/** Only what a gateway acts on is looked at: what is told goes to clients as it came. */
const crowd = z.object({ userIds: z.array(z.string()), told: z.looseObject({ type: z.enum(NOTICES) }) });

interface EntryShape {
  conversationId: ConversationId;
  seq: number;
  kind: string;
  recordedAt: string;
  body: unknown;
}

const utf8 = new TextDecoder();

/**
 * Reads what arrived on a live subject, once per replica. Only what the gateway acts on is looked at: the sender is a
 * service that NATS lets publish here, and the client is sent the very bytes.
 *
 * @returns undefined for anything else
 */
export function readLiveEvent(data: Uint8Array): Read | undefined {
  // Direct conversations are told to both their people: where both are on this replica, the same bytes come twice.
  if (last && Buffer.compare(last.data, data) === 0) return last.read;
  const read = parseLiveEvent(data);
  last = read && !('crowd' in read) ? { data: saidIn(read).bytes, read } : undefined;
  return read;
}

type ReadForOne = { entry: LiveEntry } | { note: LiveNote } | { notice: LiveNotice };
export type Read = ReadForOne | { crowd: LiveCrowd };
const saidIn = (read: ReadForOne): { bytes: Uint8Array } =>
  'entry' in read ? read.entry : 'note' in read ? read.note : read.notice;
let last: { data: Uint8Array; read: ReadForOne } | undefined;

function parseLiveEvent(data: Uint8Array): Read | undefined {
  let event: { type?: unknown; entry?: unknown; conversationId?: unknown; userId?: unknown };
  try {
    event = JSON.parse(utf8.decode(data)) as typeof event;
  } catch {
    return undefined;
  }
  if (event?.type === 'entry')
    return isEntry(event.entry) ? { entry: liveEntry(event.entry, 'online', own(data)) } : undefined;
  const { type, conversationId, userId } = event ?? {};
  if (type === undefined) return readCrowd(event);
  if (isNotice(type)) return { notice: { type, bytes: own(data) } };
  if ((type !== 'receipt' && type !== 'typing') || typeof conversationId !== 'string' || typeof userId !== 'string')
    return undefined;
  return {
    note: { type, conversationId: conversationId as ConversationId, userId: userId as UserId, bytes: own(data) },
  };
}

function readCrowd(event: unknown): { crowd: LiveCrowd } | undefined {
  const { data } = crowd.safeParse(event);
  if (!data) return undefined;
  const { userIds, told } = data;
  const notice = { type: told.type, bytes: Buffer.from(JSON.stringify(told)) };
  return { crowd: { userIds: userIds as UserId[], notice } };
}

/** An entry that was read from the log, rendered as the frame it would have come in. */
export const replayedEntry = (entry: EntryShape): LiveEntry =>
  liveEntry(entry, 'replay', Buffer.from(JSON.stringify({ type: 'entry', entry })));

const liveEntry = (entry: EntryShape, path: LiveEntry['path'], bytes: Uint8Array): LiveEntry => ({
  conversationId: entry.conversationId,
  seq: entry.seq,
  kind: entry.kind,
  recordedAtMs: Date.parse(entry.recordedAt),
  path,
  membership: entry.kind === 'membership' ? (entry.body as Membership) : undefined,
  bytes,
});

function isEntry(value: unknown): value is EntryShape {
  if (typeof value !== 'object' || value === null) return false;
  const { conversationId, seq, kind, body } = value as Partial<EntryShape>;
  const isPlaced = typeof conversationId === 'string' && Number.isSafeInteger(seq) && (seq as number) > 0;
  return isPlaced && typeof kind === 'string' && (kind !== 'membership' || isMembership(body));
}

const isMembership = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'userIds' in body && Array.isArray(body.userIds);

/** A small piece of a large network read would keep all of it in memory while it waits on a slow socket. */
const own = (data: Uint8Array): Uint8Array =>
  data.buffer.byteLength > 2 * data.byteLength + 1_024 ? new Uint8Array(data) : data;
