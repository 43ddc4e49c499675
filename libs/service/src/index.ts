export * from './access.js';
export * from './env.js';
export * from './migrations.js';
export * from './open.js';
export * from './outbox.js';
export * from './run.js';
