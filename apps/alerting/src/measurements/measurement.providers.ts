import type { Provider } from '@nestjs/common';
import { ReachWatch } from './reach-watch.js';

export const measurementProviders: Provider[] = [ReachWatch];
