import { type BusConnection, connectNats, EventStream } from '@relais/bus/events';
import { newId, SystemClock } from '@relais/kernel';
import type { Inside, Log } from '@relais/observability';
import type { AlertRoutesConfig, Config, OrganizationsConfig } from './config.js';
import type { Keeper } from './kubernetes/keeper.js';
import { KubernetesApi } from './kubernetes/kubernetes-api.js';
import { Elector } from './leader/elector.js';
import { type Led, leadAll } from './leader/lead-all.js';
import { KubernetesLeaseStore } from './leader/lease-store.kubernetes.js';
import { SystemMonotonic } from './leader/monotonic.js';
import { declareOrganizations, declareRoutes, declareSeries } from './metrics.js';
import { organizationKeeper } from './organizations/organization-keeper.js';
import { RelaisOwnOrganization } from './organizations/own-organization.relais.js';
import { BotApi } from './relais/bot-api.js';
import { RelaisOwnSources } from './routes/own-sources.relais.js';
import { routeKeeper } from './routes/route-keeper.js';
import { SurgeKeeper } from './surge/surge-keeper.js';

/** What the API is asked for goes over the network of others, so it is looked at less often than policies. */
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
  const others = keepersOf(config, api, log);
  const elector = electorOf(config, api, [keeper, ...others.map(([, other]) => other)], log);
  keeper.start();
  lifecycle.add('policies', () => keeper.stop());
  for (const [name, other] of others) {
    other.start();
    lifecycle.add(name, () => other.stop());
  }
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

type Started = Pick<Keeper<never>, 'start' | 'stop' | 'lead'>;

/** What is looked after beside policies, where it is on. */
function keepersOf(config: Config, api: KubernetesApi, log: Log): [name: string, Started][] {
  const { ALERT_ROUTES: routes, ORGANIZATIONS: organizations } = config;
  const common = { api, log, lookMs: LOOKS * config.RECONCILE_MS };
  return [
    ...(routes ? [['routes', keeperOfRoutes(routes, common)] satisfies [string, Started]] : []),
    ...(organizations
      ? [['organizations', keeperOfOrganizations(organizations, common)] satisfies [string, Started]]
      : []),
  ];
}

interface Common {
  api: KubernetesApi;
  log: Log;
  lookMs: number;
}

function keeperOfRoutes({ namespaces, url, botFile, webhookUrl }: AlertRoutesConfig, common: Common): Started {
  declareRoutes();
  return routeKeeper({
    ...{ ...common, namespaces, webhookUrl: webhookUrl.replace(/\/+$/, '') },
    openSources: () => new RelaisOwnSources(new BotApi({ url, botFile })),
  });
}

function keeperOfOrganizations({ url, members }: OrganizationsConfig, common: Common): Started {
  declareOrganizations();
  const botFiles = new Map(members.map(({ namespace, botFile }) => [namespace, botFile]));
  return organizationKeeper({
    ...{ ...common, namespaces: [...botFiles.keys()] },
    inviting: members.flatMap(({ namespace, mayInvite }) => (mayInvite ? namespace : [])),
    providing: members.flatMap(({ namespace, mayProvide }) => (mayProvide ? namespace : [])),
    openOrganization: (namespace) => new RelaisOwnOrganization(new BotApi({ url, botFile: botFiles.get(namespace)! })),
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
