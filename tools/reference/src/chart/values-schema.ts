import { closed, flag, foreign, list, map, matching, one, type Schema, text, whole } from './json-schema.js';

/** One service as the chart sees it. */
export interface ChartService {
  name: string;
  /** Owns tables: has a database, a keystore, keys and migrations. */
  database: boolean;
  redis: boolean;
  public: boolean;
  /** Settings that values may set, and the names of those that are secrets. */
  settings: Readonly<Record<string, Schema>>;
  secrets: readonly string[];
}

const optional = (pattern: string): Schema => matching(`^$|${pattern}`);
const name = optional('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$');
const cpu = matching('^[0-9]+m$|^[0-9]+$');
const memory = matching('^[1-9][0-9]*(Mi|Gi)$');
const requests = closed({ cpu, memory });
const storage = closed({ size: matching('^[1-9][0-9]*(Mi|Gi)$'), className: text });
const digest = optional('^sha256:[0-9a-f]{64}$');
const image = closed({ repository: matching('^[a-z0-9./:_-]+$'), tag: text, digest });
const url = (schemes: string): Schema => optional(`^(${schemes})://`);
const port = whole(1, 65_535);
const labels = map(text);
const peer = { namespaceSelector: foreign, podSelector: foreign, port };

const service = ({ database, settings, secrets }: ChartService): Schema =>
  closed({
    replicas: whole(0, 1_000),
    requests,
    existingSecret: name,
    ...(database && { ownerSecret: name }),
    env: closed(settings),
    secretEnv: closed(Object.fromEntries(secrets.map((secret) => [secret, closed({ name, key: text })]))),
  });

const gateway = closed({
  publicUrls: list(matching('^https?://')),
  allowedOrigins: list(text),
  trustedProxies: list(text),
  drain: closed({ delaySeconds: whole(0, 60), drainSeconds: whole(0, 600) }),
  autoscaling: closed({
    enabled: flag,
    by: one('hpa', 'keda'),
    minReplicas: whole(1, 1_000),
    maxReplicas: whole(1, 1_000),
    connectionsPerPod: whole(1, 1_000_000),
    cpuPercent: whole(1, 1_000),
    prometheusUrl: url('https?'),
  }),
});

const operator = closed({
  enabled: flag,
  replicas: whole(0, 10),
  requests,
  existingSecret: name,
  crds: closed({ enabled: flag }),
  surge: closed({
    enabled: flag,
    replicas: whole(1, 1_000),
    minRecipients: whole(1, 10_000_000),
    holdSeconds: whole(10, 86_400),
    stepSeconds: whole(1, 3_600),
    maxPerHour: whole(1, 60),
  }),
  alertRoutes: closed({
    enabled: flag,
    namespaces: list(matching('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')),
    existingSecret: name,
    gatewayUrl: url('https?'),
    webhookUrl: url('https?'),
  }),
  organizations: closed({
    enabled: flag,
    members: list(
      closed({
        namespace: matching('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'),
        existingSecret: name,
        mayInvite: flag,
        mayProvide: flag,
        clientSecrets: list(name),
      }),
    ),
    gatewayUrl: url('https?'),
  }),
});

const nats = closed({
  ...peer,
  bundled: flag,
  url: url('nats|tls'),
  replicas: whole(1, 9),
  image,
  requests,
  storage,
  tls: closed({ mode: one('none', 'existing', 'cert-manager'), secret: name, issuerRef: foreign }),
});

const postgresql = closed({
  ...peer,
  bundled: flag,
  host: text,
  adminSecret: closed({ name, key: text }),
  caSecret: name,
  image,
  requests,
  storage,
  cnpg: closed({ enabled: flag, instances: whole(1, 20), storage, requests, backup: foreign }),
});

const valkey = closed({ ...peer, enabled: flag, bundled: flag, existingSecret: name, image, requests });

const networkPolicy = closed({
  enabled: flag,
  ingressFrom: list(foreign),
  metricsFrom: list(foreign),
  authEgress: list(foreign),
  alertingEgress: list(foreign),
  operatorEgress: list(foreign),
  apiServer: list(foreign),
});

const tracing = closed({
  endpoint: url('https?'),
  share: { type: 'number', minimum: 0, maximum: 1 },
  egress: list(foreign),
});

const monitoring = closed({
  podMonitor: closed({ enabled: flag, labels, interval: matching('^[0-9]+[sm]$') }),
  rules: closed({
    enabled: flag,
    labels,
    exclude: list(matching('^Relais[A-Za-z]+$')),
    runbooks: matching('^https?://'),
    grafanaUrl: url('https?'),
  }),
  dashboards: closed({ enabled: flag, labels }),
});

/** The schema of values.yaml: closed at every object that is ours. */
export const valuesSchema = (services: readonly ChartService[]): Schema & { $schema: string; title: string } => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Values of the chart relais: made by `npm run gen`',
  ...closed({
    // Helm and charts around this one put more into it.
    global: { type: 'object', properties: { imageRegistry: text } },
    fullnameOverride: name,
    image: closed({
      repository: matching('^[a-z0-9./:_-]+$'),
      tag: text,
      digest,
      pullPolicy: one('Always', 'IfNotPresent', 'Never'),
      pullSecrets: list(text),
    }),
    standalone: closed({ enabled: flag, requests }),
    services: closed(Object.fromEntries(services.map((each) => [each.name, service(each)]))),
    gateway,
    ingress: closed({ enabled: flag, className: text, hosts: list(text), tlsSecret: name, annotations: labels }),
    httpRoute: closed({ enabled: flag, parentRefs: list(foreign), hostnames: list(text) }),
    passkeys: closed({ rpId: text, origins: list(text) }),
    operator,
    nats,
    postgresql,
    valkey,
    secrets: closed({
      generate: flag,
      allowInline: flag,
      inline: closed(Object.fromEntries(services.map((each) => [each.name, inline(each)]))),
    }),
    firstOrganization: closed({ enabled: flag, existingSecret: name }),
    networkPolicy,
    monitoring,
    tracing,
    pods: closed({
      annotations: labels,
      labels,
      nodeSelector: labels,
      tolerations: list(foreign),
      priorityClassName: text,
    }),
    topologySpread: closed({ whenUnsatisfiable: one('ScheduleAnyway', 'DoNotSchedule') }),
    openshift: flag,
    logLevel: one('debug', 'info', 'warn', 'error'),
    tests: closed({ enabled: flag }),
    extraObjects: list(foreign),
  }),
});

const inline = ({ database }: ChartService): Schema =>
  closed({
    NATS_NKEY_SEED: matching('^SU'),
    NATS_NKEY: matching('^U'),
    ...(database && {
      DATABASE_URL: matching('^postgres(ql)?://'),
      KEYSTORE_URL: matching('^postgres(ql)?://'),
      DATABASE_OWNER_URL: matching('^postgres(ql)?://'),
      KEYSTORE_OWNER_URL: matching('^postgres(ql)?://'),
      'kek.json': text,
    }),
  });
