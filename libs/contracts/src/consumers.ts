import { alertingFactRecorded } from './alerting/facts.js';
import { breakGlassUsed } from './auth/break-glass.js';
import { contactsChanged } from './auth/contact-policy.js';
import { securityNoticeRaised } from './auth/notices.js';
import { outageModeChanged } from './auth/outage-mode.js';
import { deviceLeft, userRemoved } from './auth/users.js';
import type { EventContract } from './define.js';
import { entriesAppended } from './messaging/entries.js';
import type { ServiceName } from './services.js';

/**
 * The durable consumers of each service, `<service>-<purpose>`, and the event each is for. NATS has no wildcard inside a
 * token, so a consumer that is not in this table is denied.
 */
export const CONSUMERS: Readonly<Record<ServiceName, Readonly<Record<string, EventContract>>>> = {
  gateway: {},
  auth: { 'auth-notices': securityNoticeRaised },
  alerting: {
    'alerting-outages': outageModeChanged,
    'alerting-break-glass': breakGlassUsed,
    'alerting-departed-users': userRemoved,
    'alerting-departed-devices': deviceLeft,
    'alerting-message-push': entriesAppended,
  },
  messaging: { 'messaging-departed-users': userRemoved, 'messaging-contact-changes': contactsChanged },
  operator: { 'operator-alarms': alertingFactRecorded, 'operator-outages': outageModeChanged },
};

/** The name of the durable consumer of a service for an event. @throws Error when the table has none */
export function consumerOf(service: ServiceName, event: EventContract): string {
  const [name] = Object.entries(CONSUMERS[service]).find(([, consumed]) => consumed === event) ?? [];
  if (!name) throw new Error(`${service} has no consumer for ${event.subject}: see CONSUMERS`);
  return name;
}
