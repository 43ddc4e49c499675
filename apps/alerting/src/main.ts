import '@relais/observability/lean-http';

await import('reflect-metadata');
const { runAlone } = await import('@relais/observability');
const { service } = await import('./service.js');

await runAlone(service);
