import type { Provider } from '@nestjs/common';
import { DrillRuns } from './drill-runs.js';
import { DrillsHandler } from './drills.js';
import { MeasureDrill } from './measure-drill.js';

export const drillProviders: Provider[] = [MeasureDrill, DrillRuns, DrillsHandler];
