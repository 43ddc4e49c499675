import type { Provider } from '@nestjs/common';
import { OnDuty } from '../engine/due-step.js';
import { DutiesHandler } from './duties.js';
import { DutyNews } from './duty-news.js';
import { OverridesHandler } from './overrides.js';
import { RosterLint } from './roster-lint.js';
import { Rostered } from './rostered.js';
import { RostersHandler } from './rosters.js';
import { Shifts } from './shifts.js';
import { TakeAlong } from './take-along.js';

/** Who is on duty, and what follows from it. */
export const rosterProviders: Provider[] = [
  { provide: OnDuty, useClass: Rostered },
  // As a class: the engine looks for work in classes only.
  DutyNews,
  Shifts,
  TakeAlong,
  RosterLint,
  RostersHandler,
  OverridesHandler,
  DutiesHandler,
];
