import type { DeviceState } from '@relais/contracts';

const NEXT: Readonly<Record<DeviceState, readonly DeviceState[]>> = {
  pending: ['active', 'gone'],
  active: ['suspended', 'wipe_pending', 'gone'],
  suspended: ['active', 'wipe_pending', 'gone'],
  wipe_pending: ['suspended', 'wiped', 'gone'],
  wiped: ['gone'],
  gone: [],
};

/** Whether a device in one state may come into another. Nothing leads back from `gone`, and only from `wipe_pending` to `wiped`. */
export const mayBecome = (from: DeviceState, to: DeviceState): boolean => NEXT[from].includes(to);
