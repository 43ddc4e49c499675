import '@relais/observability/lean-http';

const { runAlone } = await import('@relais/observability');
const { service } = await import('./service.js');

await runAlone(service);
