import type { Provider } from '@nestjs/common';
import { ProbeAlarms } from './probe-alarms.js';
import { ProbeWatch } from './probe-watch.js';
import { RaiseProbeHandler } from './raise-probe.js';

export const probeProviders: Provider[] = [ProbeAlarms, ProbeWatch, RaiseProbeHandler];
