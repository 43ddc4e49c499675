import type { findOnlineDevices } from '@relais/contracts';
import type { z } from 'zod';
import type { Hub } from './hub.js';

/** Which devices of these people have a socket on this replica; null when none has. */
export function onlineDevices(
  hub: Pick<Hub, 'find'>,
  { organizationId, userIds }: z.output<typeof findOnlineDevices.question>,
): z.input<typeof findOnlineDevices.answer> | null {
  const connections = userIds.flatMap((userId) => hub.find(organizationId, userId)?.connections ?? []);
  const deviceIds = new Set(connections.flatMap(({ principal }) => (principal ? [principal.deviceId] : [])));
  return deviceIds.size > 0 ? { deviceIds: [...deviceIds] } : null;
}
