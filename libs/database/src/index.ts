export * from './migrate.js';
export * from './open-database.js';
export * from './outbox.js';
export * from './outbox-relay.js';
export * from './transaction.js';
