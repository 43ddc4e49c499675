import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import { z } from 'zod';
import { alarm, alarmId, round } from '../alerting/alarms.js';
import { shownItem } from '../alerting/checklist-items.js';
import { duty, rosterId } from '../alerting/rosters.js';
import { securityNotice } from '../auth/notices.js';
import { entry } from '../messaging/bodies.js';
import { conversationId, seq, userId } from '../primitives.js';

/** Something happened to the person's own account: see `listSecurityNotices` for what was missed. */
export const securityNoticeTold = z.object({ type: z.literal('security_notice'), notice: securityNotice });
export type SecurityNoticeTold = z.infer<typeof securityNoticeTold>;

/** The person is told of an alarm: mark it as received at once, and as shown when it was seen. */
export const alarmTold = z.object({ type: z.literal('alarm'), alarm, ...round });
export type AlarmTold = z.infer<typeof alarmTold>;
/** Something to do in an alarm was added, done, or is not done after all. */
export const alarmChecklist = z.object({ type: z.literal('alarm_checklist'), alarmId, item: shownItem });
export type AlarmChecklist = z.infer<typeof alarmChecklist>;
/** For whoever raised it: it is time to say something new. */
export const alarmUpdateDue = z.object({ type: z.literal('alarm_update_due'), alarmId });
/** An alarm that the person was told of before is not what it was. */
export const alarmChanged = z.object({ type: z.literal('alarm_changed'), alarm });

/** Who is on duty has changed, and it concerns the person: see `listMyDuties` and `confirmHandOver`. */
export const dutyChanged = z.object({
  type: z.literal('duty_changed'),
  rosterId,
  name: z.string(),
  onDuty: z.array(duty),
});
export type DutyChanged = z.infer<typeof dutyChanged>;

/**
 * What travels on `live.` subjects: at most once, never stored, repaired by seq. The JSON is the server frame itself,
 * so a gateway passes the bytes on unchanged.
 */
export const liveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('entry'), entry }),
  z.object({ type: z.literal('receipt'), conversationId, userId, delivered: seq, read: seq }),
  z.object({ type: z.literal('typing'), conversationId, userId }),
  alarmTold,
  alarmChanged,
  alarmChecklist,
  alarmUpdateDue,
  dutyChanged,
  securityNoticeTold,
]);
export type LiveEvent = z.infer<typeof liveEvent>;

/** As many are named in one message of `live.people`. */
export const PEOPLE_AT_ONCE = 250;

/**
 * Subjects of live fan-out: direct conversations go to their two people, larger ones to their own subject, once. What many are told
 * who share no conversation goes to everybody's gateways, with their names.
 */
export const live = {
  user: (organization: OrganizationId, user: UserId) => `live.${organization}.user.${user}`,
  conversation: (organization: OrganizationId, conversation: ConversationId) =>
    `live.${organization}.conversation.${conversation}`,
  people: (organization: OrganizationId) => `live.${organization}.people`,
};

/** The same for many people of an organization: each gateway is told once, and tells those who have a socket there. */
export const peopleTold = z.object({ userIds: z.array(userId).min(1).max(PEOPLE_AT_ONCE), told: liveEvent });
export type PeopleTold = z.infer<typeof peopleTold>;
