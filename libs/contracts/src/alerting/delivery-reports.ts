import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, nothing, organizationId } from '../primitives.js';

/** Below it, providers of messages and calls report what became of them. */
export const DELIVERY_REPORT_PATH = '/v1/delivery-reports';

export const phoneProvider = z.enum(['http', 'twilio', 'vonage']);

/** The headers by which a report is known to come from a provider. */
export const REPORT_HEADERS = [
  'authorization',
  'x-twilio-signature',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
] as const;

/**
 * What a provider says became of a message or a call, as it came in. Believed by its signature alone; saying it again changes
 * nothing, and what is unknown here is taken as well, so that nobody learns what there is.
 */
export const receiveDeliveryReport = defineRequest({
  subject: 'rpc.alerting.delivery.report.v1',
  access: 'public',
  input: z.strictObject({
    provider: phoneProvider,
    organizationId,
    notificationId: id(),
    headers: z.partialRecord(z.enum(REPORT_HEADERS), z.string().max(4_096)),
    body: z.string().max(LIMITS.bodyBytes),
  }),
  output: nothing,
  errors: { report_refused: 'forbidden' },
});
