import { type BusConnection, connectNats, EventStream } from '@relais/bus/events';
import { newId, SystemClock } from '@relais/kernel';
import type { Inside, Log } from '@relais/observability';
import type { AlertRoutesConfig, Config } from './config.js';
import { KubernetesApi } from './kubernetes/kubernetes-api.js';
import { Elector } from './leader/elector.js';
import { type Led, leadAll } from './leader/lead-all.js';
import { KubernetesLeaseStore } from './leader/lease-store.kubernetes.js';
import { SystemMonotonic } from './leader/monotonic.js';
import { declareRoutes, declareSeries } from './metrics.js';
import { RelaisOwnSources } from './routes/own-sources.relais.js';
import { RouteKeeper } from './routes/route-keeper.js';
import { SurgeKeeper } from './surge/surge-keeper.js';

/** Sources are asked for over the network of others, so routes are looked at less often than policies. */
const LOOKS = 6;

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

  const keeper = surgeKeeper(config, api, connection, log);
  const routes = config.ALERT_ROUTES && routeKeeper(config.ALERT_ROUTES, config.RECONCILE_MS, api, log);
  const elector = electorOf(config, api, [keeper, ...(routes ? [routes] : [])], log);
  keeper.start();
  lifecycle.add('policies', () => keeper.stop());
  routes?.start();
  if (routes) lifecycle.add('routes', () => routes.stop());
  elector.start();
  lifecycle.add('leadership', () => elector.stop());
  lifecycle.add('readiness', () => readiness.leave());
  readiness.add(keeper.readiness);
  isStarted = true;
}

function surgeKeeper(config: Config, api: KubernetesApi, connection: BusConnection, log: Log): SurgeKeeper {
  const events = new EventStream(connection, log, {
    replicas: config.EVENTS_REPLICAS,
    retentionHours: config.OUTBOX_RETENTION_HOURS,
  });
  const { NAMESPACE: namespace, SURGE_POLICY: own, RECONCILE_MS: reconcileMs } = config;
  return new SurgeKeeper({ api, events, namespace, own, reconcileMs, log });
}

function routeKeeper(settings: AlertRoutesConfig, reconcileMs: number, api: KubernetesApi, log: Log): RouteKeeper {
  declareRoutes();
  const { namespaces, url, botFile, webhookUrl } = settings;
  return new RouteKeeper({
    ...{ api, namespaces, log, lookMs: LOOKS * reconcileMs },
    webhookUrl: webhookUrl.replace(/\/+$/, ''),
    openSources: () => new RelaisOwnSources({ url, botFile }),
  });
}

const electorOf = (config: Config, api: KubernetesApi, keepers: readonly Led[], log: Log): Elector =>
  new Elector(new KubernetesLeaseStore(api, config.NAMESPACE, config.LEASE_NAME), (term) => leadAll(keepers, term), {
    identity: `${config.REPLICA}_${newId()}`,
    leaseMs: config.LEASE_DURATION_MS,
    renewMs: config.LEASE_RENEW_MS,
    retryMs: config.LEASE_RETRY_MS,
    time: new SystemMonotonic(),
    clock: new SystemClock(),
    log,
  });
