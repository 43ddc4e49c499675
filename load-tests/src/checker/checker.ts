import { type Entry, ROUTES } from '@relais/contracts';
import type { ConversationId } from '@relais/kernel';
import { ApiError } from '@relais/sdk';
import type { AppliedEntry, Sent, SimClient } from '../world/sim-client.js';
import type { Conversation, Workload } from '../world/workload.js';
import type { ShownIds } from './shown-ids.js';

/** What must hold after every fault, once all is healed. The value is how often it does not. */
export const INVARIANTS = {
  I1: 'acknowledged entries that are lost or changed',
  I2: 'holes in the numbers of a conversation',
  I3: 'entries a device was not shown exactly once and in order',
  I4: 'entries recorded twice',
  I5: 'ids of one organization shown in another',
  I6: 'entries whose durable event is missing',
  I9: 'sockets, connections and memory not given back',
  I10: 'bugs in the logs, and services that ended and should not have',
} as const;
export type Invariant = keyof typeof INVARIANTS;
export type Violations = Record<Invariant, number>;

export const noViolations = (): Violations => ({ I1: 0, I2: 0, I3: 0, I4: 0, I5: 0, I6: 0, I9: 0, I10: 0 });
export const total = (violations: Violations): number =>
  Object.values(violations).reduce((sum, count) => sum + count, 0);

interface Line {
  seq: number;
  id: string;
  text: string;
}

const lineOf = (entry: Entry): Line => ({
  seq: entry.seq,
  id: entry.id,
  text: entry.kind === 'message' && entry.body ? entry.body.text : `(${entry.kind})`,
});

/** The whole log of a conversation, read through the API by one of its members. */
async function readLog(reader: SimClient, conversationId: ConversationId): Promise<Line[]> {
  try {
    return await readLines(reader, conversationId);
  } catch (thrown) {
    // The conversation itself may be what was lost; then all that was said in it is.
    if (ApiError.from(thrown).code === 'conversation_not_found') return [];
    throw thrown;
  }
}

async function readLines(reader: SimClient, conversationId: ConversationId): Promise<Line[]> {
  const lines: Line[] = [];
  for (let after = 0; ;) {
    const { entries, head, upTo } = await reader.session.call(
      ROUTES.listEntries,
      { conversationId, after, limit: 500 },
      { retry: true },
    );
    lines.push(...entries.map(lineOf));
    if (upTo >= head || upTo === after) return lines;
    after = upTo;
  }
}

export interface EventLookup {
  /** `conversation/seq` of every entry announced on the stream. */
  announced(): Promise<ReadonlySet<string>>;
}

/** What was seen from outside while the case ran. */
export interface Observed {
  events: EventLookup;
  /** Left out where people of one organization were alone. */
  shown?: ShownIds;
  /** In words. */
  bugs: readonly string[];
}

/** Compares what clients were told and shown with what is there. */
export async function check(workload: Workload, { events, shown, bugs }: Observed): Promise<Violations> {
  const violations = noViolations();
  const announced = await events.announced();
  for (const conversation of workload.conversations) {
    const log = await readLog(conversation.members[0] as SimClient, conversation.id);
    const sent = conversation.members
      .flatMap((member) => member.sent)
      .filter((one) => one.conversationId === conversation.id);
    violations.I1 += countLost(log, sent);
    violations.I2 += log.filter((line, index) => line.seq !== index + 1).length;
    violations.I3 += countMisshown(log, conversation);
    violations.I4 += countDoubles(log, sent);
    violations.I6 += log.filter(
      ({ seq }) => seq > conversation.startHead && !announced.has(`${conversation.id}/${seq}`),
    ).length;
  }
  if (shown) violations.I5 = countStrangeIds(workload, shown);
  violations.I10 = bugs.length;
  return violations;
}

function countLost(log: readonly Line[], sent: readonly Sent[]): number {
  const bySeq = new Map(log.map((line) => [line.seq, line]));
  return sent.filter(({ outcome, id, text }) => {
    if (outcome.kind !== 'ok') return false;
    const line = bySeq.get(outcome.seq);
    return line?.id !== id || line.text !== text;
  }).length;
}

/** By text, not by id: a bug that gives a repeated entry a new id must be seen, too. */
function countDoubles(log: readonly Line[], sent: readonly Sent[]): number {
  const times = new Map<string, number>();
  for (const { text } of log) times.set(text, (times.get(text) ?? 0) + 1);
  return sent.filter(({ text }) => (times.get(text) ?? 0) > 1).length;
}

/** @throws Error when nothing was seen of a second organization: then 0 would prove nothing */
function countStrangeIds({ clients }: Workload, shown: ShownIds): number {
  for (const { session } of clients) {
    const { organizationId, userId, deviceId, sessionId } = session.tokens;
    shown.note(organizationId, [organizationId, userId, deviceId, sessionId].join());
  }
  if (shown.organizations < 2) throw new Error('nobody of a second organization was there');
  return shown.shared().length;
}

function countMisshown(log: readonly Line[], { id, members }: Conversation): number {
  return members.reduce((count, member) => count + differences(log, member.applied.get(id) ?? []), 0);
}

const differences = (log: readonly Line[], shown: readonly AppliedEntry[]): number => {
  const longer = Math.max(log.length, shown.length);
  return Array.from({ length: longer }, (_, index) => index).filter(
    (index) => log[index]?.seq !== shown[index]?.seq || log[index]?.id !== shown[index]?.id,
  ).length;
};
