export * from './process.js';
export * from './procfs.js';
export * from './secrets.js';
export * from './servers/nats-configuration.js';
export * from './servers/servers.js';
export * from './stack.js';
export * from './cluster/cluster.js';
export * from './cluster/provision.js';
export { type Env, type Replica } from './cluster/replica.js';
