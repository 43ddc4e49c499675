import type { Provider } from '@nestjs/common';
import { EventConsumer, type EventStream } from '@relais/bus';
import { breakGlassUsed, consumerOf, outageModeChanged } from '@relais/contracts';
import type { Log } from '@relais/observability';
import { CrisisPlansHandler } from './crisis-plans.js';
import { CrisisRooms } from './crisis-rooms.js';
import { OutageEvents } from './outage-events.js';
import { OutageReports } from './outage-reports.js';
import { RunOutage } from './run-outage.js';

export const OUTAGE_SWITCHES = Symbol('outage switches');
export const BREAK_GLASS_LOGINS = Symbol('break-glass logins');

export const outageProviders = (events: EventStream, log: Log): Provider[] => [
  CrisisPlansHandler,
  CrisisRooms,
  OutageReports,
  RunOutage,
  OutageEvents,
  {
    provide: OUTAGE_SWITCHES,
    useFactory: (outages: OutageEvents) =>
      new EventConsumer(events, {
        ...{ name: consumerOf('alerting', outageModeChanged), contract: outageModeChanged, log },
        handle: (event) => outages.switched(event),
      }),
    inject: [OutageEvents],
  },
  {
    provide: BREAK_GLASS_LOGINS,
    useFactory: (outages: OutageEvents) =>
      new EventConsumer(events, {
        ...{ name: consumerOf('alerting', breakGlassUsed), contract: breakGlassUsed, log },
        handle: (event) => outages.cameIn(event),
      }),
    inject: [OutageEvents],
  },
];
