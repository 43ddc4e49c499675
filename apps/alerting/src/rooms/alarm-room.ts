import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type AlarmBody, keepRoom, LIMITS, type MemberRole } from '@relais/contracts';
import { Database } from '@relais/database';
import type { EntryId, OrganizationId, UserId } from '@relais/kernel';
import type { AlarmContent } from '../alarms/alarm-content.js';
import { type AlarmRow, findAlarm } from '../alarms/alarm-rows.postgres.js';
import { isOver } from '../alarms/close-alarm.js';
import type { Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { alarmSubject, recordFact, systemSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { settingsOf } from '../settings-rows.postgres.js';
import { derivedId } from './derived-id.js';
import { answerCounts, findRoom, peopleFor, type RoomRow, type Said, writeRoom } from './room-rows.postgres.js';

interface Line {
  id: EntryId;
  body: AlarmBody;
}

/**
 * Brings the conversation of an alarm to where the alarm is. An errand after every change: the alarm itself never waits for
 * messaging, and the conversation comes later when that is away. Its lines have ids made of what they say.
 */
@Injectable()
export class AlarmRoom {
  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly sealing: Sealing,
  ) {}

  @Errand('alarm-room')
  async keep({ organization_id: organizationId, subject_id: alarmId }: Timer): Promise<null> {
    const found = await this.read(organizationId, alarmId);
    if (!found || found.alarm.state === 'awaiting_approval') return null;
    const { alarm, room, counts, lifts } = found;
    const { id, content_sealed } = alarm;
    const content = await this.sealing.open<AlarmContent>(organizationId, 'alarm.content', id, content_sealed);
    if (!content) return null;
    const members = await this.membersOf(organizationId, alarm, content);
    const actorId = room.actor_id ?? members[0]?.userId;
    // Nobody is there yet: the first who comes opens it.
    if (!actorId) return null;
    const lines = linesOf(alarm, content, counts, room);
    const common = {
      organizationId,
      conversationId: room.conversation_id,
      kind: 'group' as const,
      title: content.title,
    };
    let [keptApart, leftOut] = [0, 0];
    for (let from = 0; from === 0 || from < members.length; from += LIMITS.membersPerChange) {
      const isLast = from + LIMITS.membersPerChange >= members.length;
      const join = members.slice(from, from + LIMITS.membersPerChange);
      const entries = isLast ? lines.entries : [];
      const answer = await this.bus.request(keepRoom, { ...common, actorId, join, entries, liftsBarriers: lifts });
      keptApart += answer.keptApart.length;
      leftOut += answer.leftOut.length;
    }
    const written = { actorId, said: lines.said, lines: room.lines + lines.entries.length, keptApart, leftOut };
    await this.db.within(organizationId, async (tx) => {
      await writeRoom(tx, organizationId, alarmId, written);
      if (keptApart > room.kept_apart || leftOut > room.left_out)
        await recordFact(tx, organizationId, {
          ...{ actor: systemSubject('engine'), action: 'alarm.conversation-incomplete', object: alarmSubject(alarmId) },
          after: { keptApart, leftOut },
        });
    });
    return null;
  }

  private read(organizationId: OrganizationId, alarmId: string) {
    return this.db.within(organizationId, async (tx) => {
      const alarm = await findAlarm(tx, organizationId, alarmId);
      const room = alarm && (await findRoom(tx, organizationId, alarmId));
      if (!alarm || !room) return null;
      const counts = await answerCounts(tx, organizationId, alarmId);
      const { emergenciesLiftBarriers } = await settingsOf(tx, organizationId);
      return { alarm, room, counts, lifts: emergenciesLiftBarriers && alarm.severity === 'emergency' };
    });
  }

  private async membersOf(organizationId: OrganizationId, alarm: AlarmRow, { answers }: AlarmContent) {
    const accepting = answers.filter(({ means }) => means === 'accepted').map(({ key }) => key);
    const wanted = { answers: alarm.joins === 'told' ? null : accepting, limit: LIMITS.groupMembers };
    const people = await this.db.within(organizationId, (tx) => peopleFor(tx, organizationId, alarm.id, wanted));
    const role = (userId: UserId): MemberRole => (userId === alarm.raised_by ? 'moderator' : 'writer');
    const all = [...new Set([...(alarm.raised_by ? [alarm.raised_by] : []), ...people])];
    return all.map((userId) => ({ userId, role: role(userId) }));
  }
}

/** What its log does not say yet, and what it says then. */
function linesOf(
  alarm: AlarmRow,
  content: AlarmContent,
  counts: readonly { answer: string; n: number }[],
  { said, lines }: RoomRow,
): { entries: Line[]; said: Said } {
  const { id: alarmId, severity, state } = alarm;
  const [title, text] = [content.title, content.text];
  const answers = byMeaning(content, counts);
  const now: Said = { content: digestOf([title, text]), answers: JSON.stringify(answers) };
  const bodies: AlarmBody[] = [];
  const base = { alarmId: alarmId as never, severity };
  if (said.content === undefined) bodies.push({ ...base, happened: 'raised', title, text });
  else if (said.content !== now.content) bodies.push({ ...base, happened: 'changed', title, text });
  if (counts.length > 0 && said.answers !== now.answers) bodies.push({ ...base, happened: 'answered', answers });
  if (isOver(alarm) && said.state !== state) bodies.push({ ...base, happened: state as 'all_clear', answers });
  if (isOver(alarm)) now.state = state;
  const entries = bodies.map((body, at) => ({
    id: derivedId<EntryId>('alarm-line', alarmId, lines + at, JSON.stringify(body)),
    body,
  }));
  return { entries, said: now };
}

function byMeaning({ answers }: AlarmContent, counts: readonly { answer: string; n: number }[]) {
  const total = { accepted: 0, declined: 0, neutral: 0 };
  for (const { answer, n } of counts) total[answers.find(({ key }) => key === answer)?.means ?? 'neutral'] += n;
  return total;
}

const digestOf = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
