import { z } from 'zod';

export const redisEnv = {
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe('Redis or Valkey, for limits that all replicas share; without it every replica limits alone; secret'),
};
