export { type Fault } from './faults.js';
export { KubeApi } from './kube-api.js';
export { KubeServer } from './kube-server.js';
export { KubeServers } from './kube-servers.js';
export { RealKubeApi } from './real/real-kube-api.js';
export { definitionOf, type Resource } from './resources.js';
export { ApiError, type ApiObject } from './types.js';
