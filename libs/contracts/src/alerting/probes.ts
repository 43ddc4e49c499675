import { z } from 'zod';
import { defineRequest } from '../define.js';
import { nothing } from '../primitives.js';
import { alarmId } from './alarms.js';

/** Test alarms that one caller may raise within a minute. */
export const PROBES_A_MINUTE = 20;

/**
 * Raises a test alarm to the caller and to nobody else, the way every alarm goes. It is silent: the device acknowledges it and shows
 * nothing. It is in no list and leaves no facts, and is gone after a day.
 */
export const raiseProbe = defineRequest({
  subject: 'rpc.alerting.probe.raise.v1',
  access: 'user',
  bots: ['alarms:write'],
  input: z.strictObject({ alarmId }),
  output: nothing,
  errors: { forbidden: 'forbidden', alarm_id_reused: 'conflict', too_many_test_alarms: 'rate_limited' },
});
