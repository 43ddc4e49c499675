import { AppError } from '@relais/kernel';
import { createLogger } from '@relais/observability';
import { checkGateway } from './check-gateway.js';
import { checkConfig } from './config.js';
import { runJob } from './run-job.js';

const { GATEWAY_URL, LOG_LEVEL } = checkConfig();
const log = createLogger({ service: 'installer', replica: 'check', level: LOG_LEVEL });

await runJob(log, async () => {
  const findings = await checkGateway(GATEWAY_URL);
  const untrue = findings.filter(({ isTrue }) => !isTrue).map(({ what }) => what);
  if (untrue.length > 0)
    throw new AppError('unavailable', 'check_failed', `the gateway does not: ${untrue.join('; ')}`);
});
