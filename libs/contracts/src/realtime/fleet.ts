import { z } from 'zod';
import { defineSignal } from '../define.js';
import { timestamp } from '../primitives.js';

/**
 * A gateway says that it is there: once a second while it is ready, and at once when it is full or begins to go; then it goes
 * on saying how many sockets it still has. Who was not heard of for three seconds does not count.
 */
export const gatewayAnnounced = defineSignal({
  subject: 'all.gateway.announced.v1',
  data: z.strictObject({
    replica: z.string().max(63),
    /** The same for all replicas that were rolled out together. */
    rollout: z.string().max(63),
    /** When it first became ready. */
    startedAt: timestamp,
    sockets: z.int().nonnegative(),
    /** It has as many as it may have, or as many have come as may within a time. */
    isFull: z.boolean(),
    isDraining: z.boolean(),
  }),
});
export type GatewayAnnounced = z.infer<typeof gatewayAnnounced.data>;
