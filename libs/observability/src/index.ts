export * from './health.js';
export * from './lifecycle.js';
export * from './logger.js';
export * from './metrics.js';
export * from './reference-clock.js';
export * from './service.js';
