import { createLogger } from '@relais/observability';
import { bootstrapConfig } from './config.js';
import { EnsureSecretsHandler } from './ensure-secrets.js';
import { runJob } from './run-job.js';
import { KubernetesSecretStore } from './secret-store.kubernetes.js';

const { NAMESPACE, INSTANCE, SECRETS_PLAN, LOG_LEVEL } = bootstrapConfig();
const log = createLogger({ service: 'installer', replica: 'bootstrap', level: LOG_LEVEL });
const secrets = KubernetesSecretStore.connect(NAMESPACE, INSTANCE);
await runJob(log, () => new EnsureSecretsHandler(secrets, log).execute(SECRETS_PLAN));
