export * from './create-redis.js';
export * from './env.js';
export * from './token-buckets.fallback.js';
export * from './token-buckets.js';
export * from './token-buckets.local.js';
export * from './token-buckets.redis.js';
