import { z } from 'zod';
import { defineEvent, defineRequest } from '../define.js';
import { deviceId, eventId, id, organizationId, pageOf, pageRequest, timestamp, userId } from '../primitives.js';

/** What people are told about their own account, so that they notice what they did not do themselves. */
export const noticeKind = z.enum([
  'signed_in',
  'device_waits',
  'device_enrolled',
  'device_locked',
  'device_unlocked',
  'factor_added',
  'factor_removed',
  'factor_reset_requested',
  'factors_reset',
  'recovery_codes_renewed',
  'password_changed',
  'password_reset_started',
  'password_reset',
  'session_stolen',
]);
export type NoticeKind = z.infer<typeof noticeKind>;

const notice = {
  id: id(),
  kind: noticeKind,
  at: timestamp,
  /** On which device, or which device. */
  deviceId: deviceId.optional(),
  /** Of `signed_in`: the device had not been seen before. */
  isNewDevice: z.boolean().optional(),
};
export const securityNotice = z.object(notice);
export type SecurityNotice = z.infer<typeof securityNotice>;

/** The caller's own of the last 90 days, the newest first. */
export const listSecurityNotices = defineRequest({
  subject: 'rpc.auth.notice.list.v1',
  access: 'user',
  input: z.strictObject(pageRequest),
  output: pageOf(securityNotice),
  errors: {},
});

/** Told to every device of the person that is connected; others find it in `listSecurityNotices`. */
export const securityNoticeRaised = defineEvent({
  subject: 'evt.auth.notice.raised.v1',
  data: z.strictObject({ id: eventId, organizationId, userId, notice: z.strictObject(notice) }),
});
