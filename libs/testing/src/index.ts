export * from './fixed-clock.js';
export * from './fresh-database.js';
export * from './servers.js';
export * from './tcp-proxy.js';
export * from './unique-name.js';
