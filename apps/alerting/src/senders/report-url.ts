import { DELIVERY_REPORT_PATH } from '@relais/contracts';
import type { ReportOf } from './senders.js';
import type { PhoneProviderName } from './set-up.js';

/** The address that a provider is given for its reports, and by which it signs them. */
export const reportUrlOf = (
  base: string,
  provider: PhoneProviderName,
  { organizationId, notificationId }: ReportOf,
): string => `${base.replace(/\/+$/, '')}${DELIVERY_REPORT_PATH}/${provider}/${organizationId}/${notificationId}`;
