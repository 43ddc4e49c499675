import { type Env, loadConfig, natsEnv, outboxEnv, serviceEnv } from '@relais/config';
import { z } from 'zod';

const milliseconds = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

const replicas = z.int().min(1).max(1_000);

/** As the schema of the definition has it: charts/relais/templates/operator/definitions.yaml. */
const namedPolicy = z.strictObject({
  name: z.string().min(1),
  spec: z.strictObject({
    target: z.string().min(1),
    minReplicas: replicas,
    maxReplicas: replicas,
    cpuPercent: z.int().min(1).max(1_000),
    connectionsPerPod: z.int().min(1).optional(),
    surge: z.strictObject({
      replicas,
      minRecipients: z.int().min(1),
      holdSeconds: z.int().min(10).max(86_400),
      stepSeconds: z.int().min(1).max(3_600),
      maxPerHour: z.int().min(1).max(60),
    }),
  }),
});
export type NamedPolicy = z.infer<typeof namedPolicy>;

const alertRoutes = z.strictObject({
  /** Where AlertRoutes are looked for; each needs a Role for the operator. */
  namespaces: z.array(z.string().min(1)).min(1),
  /** The gateways, for the operator. */
  url: z.url({ protocol: /^https?$/ }),
  /** The gateways, for whoever sends alerts. */
  webhookUrl: z.url({ protocol: /^https?$/ }),
  /** `clientId`, `keyId` and `key`, a private JWK, of the bot; read anew with each session. */
  botFile: z.string().min(1),
});
export type AlertRoutesConfig = z.infer<typeof alertRoutes>;

const organizations = z.strictObject({
  /** The gateways, for the operator. */
  url: z.url({ protocol: /^https?$/ }),
  /** Of each namespace in which there may be an Organization, the bot of the organization that it is then. */
  members: z
    .array(
      z.strictObject({
        namespace: z.string().min(1),
        botFile: z.string().min(1),
        mayInvite: z.boolean().default(false),
        mayProvide: z.boolean().default(false),
      }),
    )
    .min(1),
});
export type OrganizationsConfig = z.infer<typeof organizations>;

const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue('not JSON');
    return z.NEVER;
  }
});

export const env = {
  ...serviceEnv,
  ...natsEnv,
  EVENTS_REPLICAS: outboxEnv.EVENTS_REPLICAS,
  OUTBOX_RETENTION_HOURS: outboxEnv.OUTBOX_RETENTION_HOURS,
  KUBERNETES_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://kubernetes.default.svc')
    .describe('Address of the API server'),
  KUBERNETES_CREDENTIALS: z
    .string()
    .default('/var/run/secrets/kubernetes.io/serviceaccount')
    .describe(
      'Folder with `token` and `ca.crt` for the API server; not used over http, where a token would be read by others',
    ),
  NAMESPACE: z.string().min(1).describe('Namespace that the operator looks after'),
  LEASE_NAME: z.string().min(1).default('relais-operator').describe('The lease by which operators agree who leads'),
  LEASE_DURATION_MS: milliseconds(15_000, 500, 600_000).describe(
    'How long a leader that is silent keeps the others out, ms',
  ),
  LEASE_RENEW_MS: milliseconds(10_000, 300, 600_000).describe(
    'Without a renewal for so long a leader stops leading, ms',
  ),
  LEASE_RETRY_MS: milliseconds(2_000, 50, 60_000).describe('Pause between looks at the lease, ms'),
  RECONCILE_MS: milliseconds(10_000, 100, 600_000).describe('Longest pause between looks at everything, ms'),
  SURGE_POLICY: json
    .pipe(namedPolicy)
    .optional()
    .describe('The SurgePolicy of this installation, `{ name, spec }` as JSON'),
  ALERT_ROUTES: json
    .pipe(alertRoutes)
    .optional()
    .describe(
      'Where AlertRoutes are and how their sources are made, `{ namespaces, url, webhookUrl, botFile }` as JSON; without it they are left alone',
    ),
  ORGANIZATIONS: json
    .pipe(organizations)
    .optional()
    .describe(
      'Where Organizations are and by which bots, `{ url, members: [{ namespace, botFile, mayInvite, mayProvide }] }` as JSON; without it they are left alone',
    ),
};

export type Config = ReturnType<typeof config>;
export const config = (given?: Env) => loadConfig(env, given);
