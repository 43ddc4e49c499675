import type { Provider } from '@nestjs/common';
import { Staffing } from '../alarms/strategies/staffing.js';
import { Whom } from '../alarms/strategies/whom.js';
import { Places } from '../places.js';
import { QualificationHoldersHandler } from './qualification-holders.js';
import { QualificationsHandler } from './qualifications.js';

/** What people are able to do, and what alarms ask for. */
export const QUALIFICATIONS: Provider[] = [QualificationsHandler, QualificationHoldersHandler, Places, Whom, Staffing];
