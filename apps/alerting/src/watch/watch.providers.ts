import type { Provider } from '@nestjs/common';
import { ReachableAddresses } from './addresses.js';
import { ManageWatchHandler } from './manage-watch.js';
import { Watch, Watcher } from './watch.js';

/** @param allowedHosts of the inner network, what probes may reach nevertheless */
export const watchProviders = (replica: string, allowedHosts: readonly string[]): Provider[] => [
  { provide: Watcher, useValue: { replica, reachable: new ReachableAddresses(allowedHosts) } satisfies Watcher },
  Watch,
  ManageWatchHandler,
];
