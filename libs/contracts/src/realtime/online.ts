import { z } from 'zod';
import { defineSurvey } from '../define.js';
import { LIMITS } from '../limits.js';
import { deviceId, organizationId, userId } from '../primitives.js';

/** Which devices of these people have a socket. A gateway that holds none of them says nothing. */
export const findOnlineDevices = defineSurvey({
  subject: 'all.gateway.find-online-devices.v1',
  question: z.strictObject({ organizationId, userIds: z.array(userId).min(1).max(LIMITS.surveyUsers) }),
  answer: z.strictObject({ deviceIds: z.array(deviceId) }),
});
