import { NestFactory } from '@nestjs/core';
import { connectNats } from '@relais/bus';
import type { Inside } from '@relais/observability';
import { OperatorModule } from './app.module.js';
import type { Config } from './config.js';
import { KubernetesApi } from './kubernetes/kubernetes-api.js';
import { Elector } from './leader/elector.js';
import { declareSeries } from './metrics.js';
import { SurgeKeeper } from './surge/surge-keeper.js';

/** Opened top to bottom, let go of bottom to top: what is led ends and the lease is given back before connections close. */
export async function startOperator(config: Config, { log, lifecycle, readiness }: Inside): Promise<void> {
  declareSeries();
  let isStarted = false;
  readiness.add({
    name: 'start',
    check: () => {
      if (!isStarted) throw new Error('not at its end yet');
    },
  });
  const connection = await connectNats({
    url: config.NATS_URL,
    service: 'operator',
    replica: config.REPLICA,
    nkeySeed: config.NATS_NKEY_SEED,
    caFile: config.NATS_CA_FILE,
    log,
  });
  lifecycle.add('nats', () => connection.close());
  const api = await KubernetesApi.open({
    url: config.KUBERNETES_URL,
    ...(config.KUBERNETES_URL.startsWith('https:') && { credentials: config.KUBERNETES_CREDENTIALS }),
    // An answer that comes later than the next try is of no use.
    timeoutMs: config.LEASE_RETRY_MS,
  });
  lifecycle.add('kubernetes', () => api.close());

  const app = await NestFactory.createApplicationContext(OperatorModule.with({ config, connection, api, log }), {
    logger: false,
    abortOnError: false,
  });
  lifecycle.add('application', () => app.close());
  const [keeper, elector] = [app.get(SurgeKeeper), app.get(Elector)];
  keeper.start();
  lifecycle.add('policies', () => keeper.stop());
  elector.start();
  lifecycle.add('leadership', () => elector.stop());
  lifecycle.add('readiness', () => readiness.leave());
  readiness.add(keeper.readiness);
  isStarted = true;
}
