import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@relais/contracts';
import { parse, parseDocument, visit } from 'yaml';
import { CHART, refusalOf, refusalOfAll, render, workspace } from './helm.js';

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
}

const text = readFileSync(join(CHART, 'values.yaml'), 'utf8');
const values = parse(text) as Record<string, unknown>;
const schemaText = readFileSync(join(CHART, 'values.schema.json'), 'utf8');
const schema = JSON.parse(schemaText) as Schema;

/** Every key of the values, by path. */
const pathsOf = (value: unknown, path: string[] = []): string[][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? [
        ...(path.length > 0 ? [path] : []),
        ...Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key])),
      ]
    : [path];
/** Every object of the schema that knows its keys, by path; `global` belongs to everybody. */
const closedPaths = (at: Schema, path: string[] = []): string[][] => [
  ...(at.properties ? [path] : []),
  ...Object.entries(at.properties ?? {}).flatMap(([key, one]) => closedPaths(one, [...path, key])),
];
const schemaAt = (path: readonly string[]): Schema | undefined =>
  path.reduce<Schema | undefined>(
    (at, key) =>
      at?.properties?.[key] ?? (typeof at?.additionalProperties === 'object' ? at.additionalProperties : undefined),
    schema,
  );

/** The same places each day: an error that is seen once can be seen again. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; state = (state * 48_271) % 2_147_483_647) yield state;
}
function sampleOf<T>(all: readonly T[], count: number): T[] {
  const random = numbers(20_261_127);
  return Array.from({ length: count }, () => all[(random.next().value as number) % all.length]!);
}

describe('the values', () => {
  const closed = closedPaths(schema).filter((path) => path[0] !== 'global');

  it('are of draft-07, of this file alone, closed at every object (B6)', () => {
    expect(schemaText).toContain('draft-07');
    expect(schemaText).not.toMatch(/\$id|\$ref|unevaluatedProperties|dependentRequired/);
    for (const path of closed)
      expect([path.join('.'), schemaAt(path)?.additionalProperties]).toEqual([path.join('.'), false]);
  });

  it('that the pages for operators name are there (E7)', () => {
    const folder = join(workspace, 'docs', 'operations');
    const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
    const named = pages
      .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/`(\w+(?:\.\w+)+)`/g)])
      .flatMap(([, path]) => path ?? [])
      .filter((path) => path.split('.')[0]! in values && !path.endsWith('.json'));

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !schemaAt(path.split('.')))).toEqual([]);
  });

  it('that are unknown are refused by name, at thirty places of any depth (B6)', () => {
    expect(closed.length).toBeGreaterThan(40);
    for (const path of sampleOf(closed, 30))
      expect(refusalOf(`${[...path, 'unheardOf'].join('.')}=1`)).toContain('unheardOf is not allowed');
  });

  it('are each in the schema, and each of the schema in them (B6)', () => {
    const known = pathsOf(values).map((path) => path.join('.'));
    for (const path of pathsOf(values))
      expect([path.join('.'), schemaAt(path) !== undefined]).toEqual([path.join('.'), true]);
    const missing = closedPaths(schema)
      .flatMap((path) => Object.keys(schemaAt(path)?.properties ?? {}).map((key) => [...path, key]))
      .filter((path) => !path.some((key) => ['env', 'secretEnv', 'inline'].includes(key) && path.at(-1) !== key))
      .map((path) => path.join('.'))
      .filter((path) => !known.includes(path));
    expect(missing).toEqual([]);
  });

  it('are explained, all that stand for the first time (E7)', () => {
    const unexplained: string[] = [];
    visit(parseDocument(text), {
      Pair(_, { key }, path) {
        const node = key as { commentBefore?: string; value: string };
        if (
          path.length === 2 &&
          !node.commentBefore &&
          !/^(ingress|httpRoute|gateway|nats|postgresql|valkey|secrets|monitoring|topologySpread|passkeys|networkPolicy|global|logLevel)$/.test(
            node.value,
          )
        )
          unexplained.push(node.value);
      },
    });
    expect(unexplained.filter((key) => !new RegExp(`^#.*\\n(#.*\\n)*${key}:`, 'm').test(text))).toEqual([]);
  });

  it('have an entry for every service of the contracts: adding one is adding it there and here', () => {
    const entries = [...Object.keys(values['services'] as object), ...('operator' in values ? ['operator'] : [])];
    expect(entries.toSorted()).toEqual(Object.keys(SERVICES).toSorted());
  });

  it('reach a service as it reads them, also numbers that are large', () => {
    const objects = render({
      set: ['services.gateway.env.MAX_CONNECTIONS=1000000', 'services.auth.env.PASSWORD_QUEUE=12'],
    });
    const text = JSON.stringify(objects);
    expect(text).toContain('{"name":"MAX_CONNECTIONS","value":"1000000"}');
    expect(text).toContain('{"name":"PASSWORD_QUEUE","value":"12"}');
  });
});

const ROUTED = ['gateway.publicUrls={https://chat.example.org}'];
describe('values that cannot be meant', () => {
  it.each([
    [
      [...ROUTED, 'ingress.enabled=true', 'httpRoute.enabled=true'],
      'apps reach the gateway by one of them, take the other out',
    ],
    [['ingress.enabled=true', 'ingress.hosts={a.example}'], 'gateway.publicUrls is empty'],
    [[...ROUTED, 'ingress.enabled=true'], 'ingress.hosts is empty: name the host'],
    [[...ROUTED, 'httpRoute.enabled=true'], 'httpRoute.parentRefs is empty: name the Gateway'],
    [
      ['nats.replicas=2'],
      'nats.replicas is 2: an even number agrees no better than the odd one below it and fails sooner, take 1, 3 or 5',
    ],
    [['nats.bundled=false'], 'nats.url is empty: say where NATS listens'],
    [['nats.url=nats://n:4222'], 'for the NATS of nats.url set nats.bundled=false'],
    [['nats.tls.mode=existing'], 'nats.tls.secret is empty: name the secret'],
    [['nats.tls.mode=cert-manager'], 'name an issuer in nats.tls.issuerRef'],
    [
      ['postgresql.bundled=false'],
      'services.alerting has no database: set services.alerting.existingSecret and ownerSecret',
    ],
    [['postgresql.host=db'], 'three ways to one server: take one of them'],
    [['postgresql.bundled=false', 'postgresql.host=db'], 'postgresql.adminSecret.name is empty'],
    [['valkey.bundled=false'], 'valkey.existingSecret is empty: name the secret with REDIS_URL'],
    [['secrets.generate=false'], 'nothing names the secret that stands in for m-'],
    [['secrets.inline.auth.NATS_NKEY_SEED=SU'], 'secrets in values end up in the release and in git'],
    [['services.auth.env.DATABASE_URL=x'], 'DATABASE_URL is not allowed'],
    [['services.auth.env.PASSWORD_QUEUE=0'], 'services.auth.env.PASSWORD_QUEUE: Must be greater than or equal to 1'],
    [['services.auth.secretEnv.PASSWORD_QUEUE.name=x'], 'PASSWORD_QUEUE is not allowed'],
    [['passkeys.rpId=a.example'], 'passkeys.origins is empty: name the origins'],
    [['services.auth.requests.memory=1.5Gi'], 'services.auth.requests.memory'],
    [
      ['gateway.autoscaling.enabled=true', 'gateway.autoscaling.minReplicas=20'],
      'minReplicas is larger than maxReplicas',
    ],
    [['gateway.autoscaling.enabled=true', 'gateway.autoscaling.by=keda'], 'say where keda finds Prometheus'],
    [['gateway.autoscaling.enabled=true', 'standalone.enabled=true'], 'all services in one process are one pod'],
  ])('%j are refused with what to do', (set, says) => {
    expect(refusalOf(...set)).toContain(says);
  });
});

describe('secrets in values', () => {
  const url = 'postgres://a:b@c/d';
  const auth = {
    ...{ NATS_NKEY_SEED: 'SU', NATS_NKEY: 'U', DATABASE_URL: url, KEYSTORE_URL: url },
    ...{ DATABASE_OWNER_URL: url, KEYSTORE_OWNER_URL: url },
  };
  const kekOf = (key: string) => JSON.stringify({ active: 1, keys: { '1': key }, index: key });

  it.each([
    [
      'without a KEK',
      {},
      'secrets.inline.auth.kek.json is missing: a service whose secret is in values has all of it there',
    ],
    [
      'with a KEK of another length',
      { 'kek.json': kekOf('c2hvcnQ=') },
      'has 5 bytes, and has to have 32: make one with `openssl rand -base64 32`',
    ],
    ['with a KEK that is something else', { 'kek.json': 'none' }, 'secrets.inline.auth.kek.json is not {"active":1'],
    [
      'without the public key of a user of the bundled NATS',
      { 'kek.json': kekOf('c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I='), NATS_NKEY: undefined },
      'secrets.inline.auth.NATS_NKEY is missing',
    ],
  ])('%s are refused with what to do', (_, more, says) => {
    const values = { secrets: { allowInline: true, inline: { auth: { ...auth, ...more } } } };
    expect(refusalOfAll({ values })).toContain(says);
  });
});
