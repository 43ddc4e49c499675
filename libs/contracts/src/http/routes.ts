import { ACCOUNT_ROUTES } from './routes/accounts.js';
import { ALARM_SOURCE_ROUTES } from './routes/alarm-sources.js';
import { ALARM_ROUTES } from './routes/alarms.js';
import { BOT_ROUTES } from './routes/bots.js';
import { CONTACT_POINT_ROUTES } from './routes/contact-points.js';
import { CONVERSATION_ROUTES } from './routes/conversations.js';
import { DEVICE_ROUTES } from './routes/devices.js';
import { DUTY_ROUTES } from './routes/duties.js';
import { FACTOR_ROUTES } from './routes/factors.js';
import { IDENTITY_PROVIDER_ROUTES } from './routes/identity-providers.js';
import { OUTAGE_MODE_ROUTES } from './routes/outage-mode.js';
import { POLICY_ROUTES } from './routes/policies.js';
import { PROVISIONING_ROUTES } from './routes/provisioning.js';
import { WATCH_ROUTES } from './routes/watch.js';

/** Everything a client can ask over HTTP. The gateway serves this table, the SDK calls it, OpenAPI is written from it. */
export const ROUTES = {
  ...ACCOUNT_ROUTES,
  ...FACTOR_ROUTES,
  ...DEVICE_ROUTES,
  ...PROVISIONING_ROUTES,
  ...IDENTITY_PROVIDER_ROUTES,
  ...OUTAGE_MODE_ROUTES,
  ...POLICY_ROUTES,
  ...BOT_ROUTES,
  ...CONVERSATION_ROUTES,
  ...ALARM_ROUTES,
  ...WATCH_ROUTES,
  ...ALARM_SOURCE_ROUTES,
  ...DUTY_ROUTES,
  ...CONTACT_POINT_ROUTES,
} as const;
