import 'reflect-metadata';
import { createLogger, runService, startProcessMetrics } from '@relais/observability';
import { config } from './config.js';
import { startGateway } from './start-gateway.js';

const settings = config();
const log = createLogger({
  service: 'gateway',
  replica: settings.REPLICA,
  level: settings.LOG_LEVEL,
  pseudonymKey: settings.LOG_PSEUDONYM_KEY,
});

startProcessMetrics(settings.VERSION, settings.REVISION);
await runService(log, settings.SHUTDOWN_DEADLINE_MS, async (lifecycle) => {
  await startGateway(settings, log, lifecycle);
});
