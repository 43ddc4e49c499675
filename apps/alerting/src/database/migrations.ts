import { Alarms1764100000000 } from './migrations/1764100000000-alarms.js';
import { Destinations1764100200000 } from './migrations/1764100200000-destinations.js';
import { Rosters1764100300000 } from './migrations/1764100300000-rosters.js';
import { Qualifications1764100301000 } from './migrations/1764100301000-qualifications.js';
import { Findings1764100302000 } from './migrations/1764100302000-findings.js';
import { AlarmSources1764100400000 } from './migrations/1764100400000-alarm-sources.js';
import { Watch1764100500000 } from './migrations/1764100500000-watch.js';
import { Outages1764100500100 } from './migrations/1764100500100-outages.js';
import { AlarmRoomsAndChecklists1764100500200 } from './migrations/1764100500200-alarm-rooms-and-checklists.js';
import { Proof1764100600000 } from './migrations/1764100600000-proof.js';
import { Drills1764100600100 } from './migrations/1764100600100-drills.js';
import { ManyRecipients1764100800000 } from './migrations/1764100800000-many-recipients.js';
import { TargetsOfAStep1764100900000 } from './migrations/1764100900000-targets-of-a-step.js';
import { MakersOfSources1764101000000 } from './migrations/1764101000000-makers-of-sources.js';
import { LargeRounds1764101100000 } from './migrations/1764101100000-large-rounds.js';
import { ManyPeople1764101200000 } from './migrations/1764101200000-many-people.js';
import { AlarmsUnderWay1764101300000 } from './migrations/1764101300000-alarms-under-way.js';
import { DeadTokens1764101400000 } from './migrations/1764101400000-dead-tokens.js';
import { PhoneUse1764100700000 } from './migrations/1764100700000-phone-use.js';

/** In the order in which they are applied. */
export const migrations = [
  Alarms1764100000000,
  Destinations1764100200000,
  Rosters1764100300000,
  Qualifications1764100301000,
  Findings1764100302000,
  AlarmSources1764100400000,
  Watch1764100500000,
  Outages1764100500100,
  AlarmRoomsAndChecklists1764100500200,
  Proof1764100600000,
  Drills1764100600100,
  PhoneUse1764100700000,
  ManyRecipients1764100800000,
  TargetsOfAStep1764100900000,
  MakersOfSources1764101000000,
  LargeRounds1764101100000,
  ManyPeople1764101200000,
  AlarmsUnderWay1764101300000,
  DeadTokens1764101400000,
];
