import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, label, nothing, timestamp } from '../primitives.js';

const probeId = id();

const httpUrl = z
  .string()
  .max(2_048)
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'expected an http:// or https:// address')
  .refine((value) => URL.canParse(value) && new URL(value).username === '', 'expected no user name in it');
const host = z.string().regex(/^[A-Za-z0-9._:-]{1,253}$/, 'expected a host name or an address');
const port = z.int().min(1).max(65_535);
const guid = z.string().regex(/^[A-Za-z0-9.-]{1,128}$/);

/** What is looked at, and what counts as well. */
export const probeCheck = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    url: httpUrl,
    /** Any of these is well; where none is said, everything from 200 to 399. Up to three redirects are followed. */
    statuses: z.array(z.int().min(100).max(599)).max(20).default([]),
    /** Must stand in the body, of which at most 1 MiB is read. */
    contains: label(256).optional(),
  }),
  z.strictObject({ kind: z.literal('tcp'), host, port }),
  z.strictObject({
    kind: z.literal('smtp'),
    host,
    port: port.default(25),
    /** `starttls`: the server must offer it and go through with it. The certificate must be good. */
    tls: z.enum(['none', 'starttls', 'implicit']).default('starttls'),
  }),
  /** The discovery document of an OpenID Connect provider, of this very issuer, and its keys. */
  z.strictObject({ kind: z.literal('oidc'), issuer: httpUrl }),
  /** What Microsoft says of its services. Needs an application with `ServiceHealth.Read.All`. */
  z.strictObject({
    kind: z.literal('graph'),
    tenantId: guid,
    clientId: guid,
    /** Never given back; without it, a probe that is put again keeps the one it has. */
    clientSecret: label(1_024).optional(),
    /** As Microsoft calls them, such as "Microsoft Teams"; where none is said, all count. */
    services: z.array(label(128)).max(50).default([]),
    /** Whether a degraded service counts as failed, too; an interrupted one always does. */
    degradedFails: z.boolean().default(false),
    loginUrl: httpUrl.default('https://login.microsoftonline.com'),
    graphUrl: httpUrl.default('https://graph.microsoft.com'),
  }),
]);
export type ProbeCheck = z.output<typeof probeCheck>;

export const probe = z.strictObject({
  name: label(LIMITS.titleBytes),
  check: probeCheck,
  intervalSeconds: z.int().min(5).max(3_600).default(60),
  timeoutMs: z.int().min(500).max(20_000).default(10_000),
  /**
   * `control`: not part of the first channel. When a probe fails, whoever looked asks the controls as well: if none of them
   * answers either, its own network is gone, and what it saw counts for nothing.
   */
  role: z.enum(['counts', 'control']).default('counts'),
  enabled: z.boolean().default(true),
});
export type Probe = z.output<typeof probe>;

/** All that can be wrong. */
export const probeProblem = z.enum([
  'forbidden_address',
  'unresolvable',
  'unreachable',
  'timeout',
  'tls',
  'bad_status',
  'missing_text',
  'too_large',
  'bad_answer',
  'signin_failed',
  'degraded',
  'no_network',
]);
export type ProbeProblem = z.infer<typeof probeProblem>;

export const probeResult = z.object({
  at: timestamp,
  /** `unknown`: the replica that looked has no network itself. */
  outcome: z.enum(['ok', 'failed', 'unknown']),
  latencyMs: z.int(),
  problem: probeProblem.optional(),
  /** Who looked. */
  replica: z.string(),
});
export type ProbeResult = z.infer<typeof probeResult>;

export const watchSettings = z.strictObject({
  /** Switches outage mode by itself; otherwise it only shows what it found. */
  switches: z.boolean().default(false),
  /** So many probes at least must be down for an outage. */
  quorum: z.int().min(1).max(100).default(2),
  /** A probe is down after so many failures in a row, and up after so many successes. */
  failures: z.int().min(1).max(20).default(3),
  recoveries: z.int().min(1).max(20).default(3),
  /** It is over when all probes but so many are up. */
  tolerated: z.int().min(0).max(100).default(0),
  /** What was concluded stays at least so long: nobody is moved to and fro. */
  minimumSeconds: z.int().min(0).max(86_400).default(300),
});
export type WatchSettings = z.output<typeof watchSettings>;

export const WATCH = { probes: 50, keptResults: 200 } as const;

const shownProbe = z.object({
  id: probeId,
  probe,
  /** `unknown` until it has failed or succeeded often enough in a row. */
  state: z.enum(['unknown', 'up', 'down']),
  failedInARow: z.int(),
  succeededInARow: z.int(),
  last: probeResult.optional(),
});
export type ShownProbe = z.infer<typeof shownProbe>;

/** What will not work when it is needed. */
export const watchFinding = z.object({
  code: z.enum(['no_probes', 'quorum_too_high', 'no_control', 'not_switching', 'tolerates_all']),
  says: z.string(),
});
export type WatchFinding = z.infer<typeof watchFinding>;

/** The probes, what they found, what is concluded from it, and what is wrong with how they are set up. */
export const readWatch = defineRequest({
  subject: 'rpc.alerting.watch.read.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({
    settings: watchSettings,
    outage: z.boolean(),
    since: timestamp.optional(),
    probes: z.array(shownProbe),
    findings: z.array(watchFinding),
  }),
  errors: { forbidden: 'forbidden' },
});

export const putWatchSettings = defineRequest({
  subject: 'rpc.alerting.watch.put-settings.v1',
  access: 'user',
  input: z.strictObject({ settings: watchSettings }),
  output: watchSettings,
  errors: { forbidden: 'forbidden' },
});

export const putProbe = defineRequest({
  subject: 'rpc.alerting.probe.put.v1',
  access: 'user',
  input: z.strictObject({ probeId, probe }),
  output: shownProbe,
  errors: { forbidden: 'forbidden', too_many_probes: 'conflict', client_secret_missing: 'invalid' },
});

export const deleteProbe = defineRequest({
  subject: 'rpc.alerting.probe.delete.v1',
  access: 'user',
  input: z.strictObject({ probeId }),
  output: nothing,
  errors: { forbidden: 'forbidden', probe_not_found: 'not_found' },
});

/** Looks now, once, and says what it saw; counts for nothing. */
export const tryProbe = defineRequest({
  subject: 'rpc.alerting.probe.try.v1',
  access: 'user',
  timeoutMs: 25_000,
  input: z.strictObject({ probeId }),
  output: probeResult,
  errors: { forbidden: 'forbidden', probe_not_found: 'not_found' },
});

/** The last ones, newest first. */
export const listProbeResults = defineRequest({
  subject: 'rpc.alerting.probe.list-results.v1',
  access: 'user',
  input: z.strictObject({ probeId }),
  output: z.object({ items: z.array(probeResult) }),
  errors: { forbidden: 'forbidden', probe_not_found: 'not_found' },
});
