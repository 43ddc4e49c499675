import { type ApiObject, type KubeServer, KubeServers, type RealKubeApi } from '@relais/kube-api';
import { AppError, newId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { chartObjects } from '../../test/chart.js';
import { eventually } from '../../test/eventually.js';
import { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import type { KubernetesError } from '../kubernetes/objects.js';
import type { Term } from '../leader/elector.js';
import { routesOf } from './alert-route.js';
import { MemoryOwnSources } from './own-sources.memory.js';
import { RouteKeeper } from './route-keeper.js';

const ROUTES = routesOf('relais');
const SECRETS = '/api/v1/namespaces/relais/secrets';
const MERGE = 'application/merge-patch+json';
const POLICY = newId<string>();
const LOOK_MS = 300;
/** So many looks later, what failed once has been tried again. */
const AGAIN = 3_000 / LOOK_MS;

const servers = new KubeServers({
  definitions: chartObjects().filter(({ kind }) => kind === 'CustomResourceDefinition'),
});
afterAll(() => servers.close());

/** A term that a test ends. */
class TestTerm implements Term {
  private readonly over = new AbortController();
  readonly signal = this.over.signal;

  constructor(
    readonly number: number,
    readonly lease = 'lease',
  ) {}

  end(): void {
    this.over.abort();
  }

  assertHeld(): void {
    if (this.signal.aborted) throw new AppError('unavailable', 'leadership_lost');
  }
}

describe('the keeper of routes', () => {
  let server: KubeServer;
  let api: KubernetesApi;
  let url: string;
  let sources: MemoryOwnSources;
  const ends: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    server = await servers.open();
    url = await server.start();
    api = await KubernetesApi.open({ url, timeoutMs: 2_000 });
    sources = new MemoryOwnSources();
    sources.policies.add(POLICY);
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    api.close();
    await server.close();
  });

  async function ask(method: string, path: string, body?: object, type = 'application/json'): Promise<ApiObject> {
    const init = body ? { body: JSON.stringify(body), headers: { 'content-type': type } } : {};
    const response = await fetch(`${url}${path}`, { method, ...init });
    const answer = (await response.json()) as ApiObject;
    if (!response.ok) throw new Error(String(answer['message']));
    return answer;
  }
  const make = (name: string, spec: object = {}) =>
    ask('POST', ROUTES, {
      ...{ apiVersion: 'relais.io/v1alpha1', kind: 'AlertRoute', metadata: { name } },
      spec: { policyId: POLICY, ...spec },
    });
  const change = (name: string, spec: object) => ask('PATCH', `${ROUTES}/${name}`, { spec }, MERGE);
  const route = (name = 'shop') => ask('GET', `${ROUTES}/${name}`);
  const ready = async (name?: string): Promise<{ status?: string; reason?: string; message?: string }> =>
    (await route(name))['status']?.conditions?.find(({ type }: { type: string }) => type === 'Ready') ?? {};
  const becomes = (reason: string, name?: string) => eventually(async () => (await ready(name)).reason === reason);
  async function secret(name = 'shop-relais'): Promise<{ url: string; token: string } | undefined> {
    const found = (await server.all('secrets')).find(({ metadata }) => metadata.name === name);
    if (!found) return undefined;
    const read = (key: string) => Buffer.from(String(found['data'][key]), 'base64').toString();
    return { url: read('url'), token: read('token') };
  }
  const only = () => [...sources.sources.values()][0];
  const isWritten = async (name?: string) => (await secret(name))?.token === only()?.secret;
  /** A real server shows each under two groups. */
  const events = async () => {
    const found = new Map((await server.all('events')).map((one) => [one.metadata.uid, one]));
    return [...found.values()].map((one) => `${one['type']} ${one['reason']}`);
  };

  /** A leader, from its election to its end. */
  function lead(term = new TestTerm(1), { namespaces = ['relais'], log = silentLog } = {}): { end(): Promise<void> } {
    const keeper = new RouteKeeper({
      ...{ api, namespaces, webhookUrl: 'https://relais.example', lookMs: LOOK_MS, log },
      openSources: () => sources,
    });
    keeper.start();
    const led = keeper.lead(term);
    const end = async () => {
      term.end();
      await Promise.all([led, keeper.stop()]);
    };
    ends.push(end);
    return { end };
  }

  it('makes a source, a Secret that goes with the route, and says so', async () => {
    lead();
    const { metadata } = await make('shop', { severity: 'notice', severities: { page: 'emergency' } });
    await becomes('Routed');

    expect(only()).toMatchObject({
      settings: {
        ...{ kind: 'alertmanager', name: 'relais/shop', isPaused: false, severities: { page: 'emergency' } },
        raises: { policyId: POLICY, severity: 'notice', audience: { everyone: false, userIds: [] } },
      },
    });
    expect(await secret()).toEqual({ url: `https://relais.example${only()?.path}`, token: only()?.secret });
    const { status } = await route();
    expect(status).toMatchObject({ observedGeneration: 1, sourceId: only()?.id, secret: { name: 'shop-relais' } });
    expect(JSON.stringify(status)).not.toContain(only()?.secret);
    expect(await events()).toContain('Normal Routed');
    const [made] = (await server.all('secrets')).filter(({ metadata }) => metadata.name === 'shop-relais');
    expect(made?.['type']).toBe('relais.io/alert-route');
    expect(made?.metadata['ownerReferences']).toMatchObject([{ kind: 'AlertRoute', uid: metadata.uid }]);
    if (!servers.collectsGarbage) return;
    await ask('DELETE', `${ROUTES}/shop`);
    await eventually(async () => (await secret()) === undefined);
  });

  it('does nothing more when all is as it has to be, also under another leader', async () => {
    const first = lead();
    await make('shop');
    await becomes('Routed');
    const before = await secret();
    await first.end();
    lead(new TestTerm(2));
    await eventually(async () => (await route())['status'].term.number === 2 || sources.reads > 5);
    const reads = sources.reads;
    await eventually(() => sources.reads > reads + 3);

    expect(sources.log).toEqual(['put relais/shop']);
    expect(await secret()).toEqual(before);
  });

  it('deletes the source of a route that has gone, and no other', async () => {
    lead();
    await make('shop');
    await make('bank');
    await Promise.all([becomes('Routed', 'shop'), becomes('Routed', 'bank')]);
    await ask('DELETE', `${ROUTES}/shop`);
    await eventually(() => sources.sources.size === 1);

    expect(only()?.settings.name).toBe('relais/bank');
    expect((await ready('bank')).reason).toBe('Routed');
  });

  it('deletes nothing by a list that it could not read: forbidden, broken, or of a namespace that it may not see', async () => {
    await sources.put(newId(), { kind: 'alertmanager', raises: { policyId: POLICY }, name: 'orphan' } as never);
    server.order({ method: 'GET', path: /alertroutes$/, code: 403 });
    const { end } = lead();
    await eventually(() => sources.reads > 3);
    await end();
    server.heal();
    const isRead = () => server.log.some((line) => line === `GET ${ROUTES} 200`);
    server.order({ method: 'GET', path: /namespaces\/other\/alertroutes$/, code: 403 });
    const second = lead(new TestTerm(2), { namespaces: ['relais', 'other'] });
    const before = sources.reads;
    await eventually(() => isRead() && sources.reads > before + 3);
    expect(sources.sources.size).toBe(1);
    await second.end();
    server.heal();
    lead(new TestTerm(3));

    await eventually(() => sources.sources.size === 0);
  });

  it('keeps the source of a route that its own watch does not tell of yet', async () => {
    await make('shop');
    const first = lead();
    await becomes('Routed');
    await first.end();
    // The list that the watch begins with is of before; readings for the garbage are of now.
    const list = api.list.bind(api);
    let isFirst = true;
    api.list = async (path) => {
      const isBehind = isFirst;
      isFirst = false;
      const read = await list(path);
      return { ...read, ...(isBehind && { items: [] }) } as never;
    };
    const before = sources.reads;
    lead(new TestTerm(2));
    await eventually(() => sources.reads > before + 3);

    expect(sources.log).toEqual(['put relais/shop']);
  });

  describe('gives another secret', () => {
    beforeEach(async () => {
      lead();
      await make('shop', { overlapSeconds: 60 });
      await becomes('Routed');
    });

    it('when the revision goes up, with the overlap of the spec, once', async () => {
      await change('shop', { secretRevision: 1 });
      await eventually(async () => (await route())['status'].secret.revision === 1);
      const reads = sources.reads;
      await eventually(() => sources.reads > reads + 3);

      expect(sources.log).toEqual(['put relais/shop', 'rotate relais/shop 60']);
      expect(await isWritten()).toBe(true);
    });

    it('when somebody has deleted the Secret', async () => {
      await ask('DELETE', `${SECRETS}/shop-relais`);
      await eventually(async () => (await secret()) !== undefined && (await isWritten()));

      expect(sources.log).toEqual(['put relais/shop', 'rotate relais/shop 60']);
    });

    it('when the source has another one than was written: somebody else has renewed it', async () => {
      await sources.rotate(String(only()?.id), 0);
      await eventually(async () => sources.log.length === 3 && (await isWritten()));
    });
  });

  it.each([
    ['before the Secret was written', { method: 'PATCH', path: /secrets\/shop-relais$/, code: 500 }],
    [
      'after it was written, without knowing',
      { method: 'PATCH', path: /secrets\/shop-relais$/, cut: true, after: true },
    ],
    ['before the status was written', { method: 'PUT', path: /alertroutes\/shop\/status$/, code: 500 }],
  ])('goes on where a leader has ended %s', async (_, fault) => {
    // The trial of the first look goes through.
    const isTrial = fault.method === 'PATCH';
    await make('shop');
    const first = new TestTerm(1);
    if (isTrial) server.order({ method: 'PATCH', path: fault.path, latencyMs: 0, times: 1 });
    server.order(fault);
    const { end } = lead(first);
    await eventually(() => sources.sources.size === 1);
    await end();
    server.heal();
    lead(new TestTerm(2));
    await becomes('Routed');

    expect(await isWritten()).toBe(true);
    expect(sources.log.filter((line) => line.startsWith('put'))).toHaveLength(1);
  });

  it('writes nothing over what a later leader has written', async () => {
    lead(new TestTerm(2));
    await make('shop');
    await becomes('Routed');
    await ends.pop()!();
    const before = (await change('shop', { secretRevision: 1 })).metadata.resourceVersion;
    lead(new TestTerm(1));
    const reads = sources.reads;
    await eventually(() => sources.reads > reads + 3);

    expect((await route()).metadata.resourceVersion).toBe(before);
    expect(sources.log).toEqual(['put relais/shop']);
  });

  it('says that there is no such policy, and routes as soon as there is one', async () => {
    lead();
    const policyId = newId<string>();
    await make('shop', { policyId });
    await becomes('PolicyUnknown');
    const [, reconciling] = (await route())['status'].conditions as { type: string; status: string }[];
    const before = await secret();
    sources.policies.add(policyId);
    await becomes('Routed');

    expect(reconciling).toMatchObject({ type: 'Reconciling', status: 'True' });
    expect(before).toBeUndefined();
    expect(await events()).toEqual(expect.arrayContaining(['Warning PolicyUnknown', 'Normal Routed']));
  });

  it.each<[string, AppError]>([
    ['Unreachable', new AppError('unavailable', 'network_error')],
    ['Forbidden', new AppError('forbidden', 'scope_missing')],
    ['BotRefused', new AppError('unauthenticated', 'bot_refused')],
  ])('says %s, once, and goes on when it is over', async (reason, problem) => {
    sources.problem = problem;
    lead();
    await make('shop');
    await becomes(reason);
    const { reads } = sources;
    await eventually(() => sources.reads > reads + AGAIN);
    sources.problem = undefined;
    await becomes('Routed');

    expect((await events()).filter((one) => one === `Warning ${reason}`)).toHaveLength(1);
  });

  it('tries a spec that the API refuses no more, until it is another one', async () => {
    const put = sources.put.bind(sources);
    let tries = 0;
    sources.put = (id, settings) => {
      tries++;
      return tries === 1 ? Promise.reject(new AppError('invalid', 'invalid_input', 'no')) : put(id, settings);
    };
    lead();
    await make('shop');
    await becomes('SpecRefused');
    const { reads } = sources;
    await eventually(() => sources.reads > reads + AGAIN);
    const stalled = (await route())['status'].conditions[1] as object;
    const triesBefore = tries;
    await change('shop', { severity: 'notice' });
    await becomes('Routed');

    expect(stalled).toMatchObject({ type: 'Stalled', status: 'True' });
    expect(triesBefore).toBe(1);
  });

  it.each([
    ['of something else', { data: { password: 'eA==' } }],
    ['of something else that has a token, too', { data: { token: 'eA==' } }],
  ])('takes no Secret that is there already: %s', async (_, content) => {
    await ask('POST', `${SECRETS}?fieldManager=kubectl`, {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name: 'shop-relais' }, ...content },
    });
    lead();
    await make('shop');
    await becomes('SecretTaken');

    const [found] = (await server.all('secrets')).filter(({ metadata }) => metadata.name === 'shop-relais');
    expect(found?.['data']).toEqual(content.data);
    expect(found?.metadata['ownerReferences']).toBeUndefined();
    expect(sources.log).toEqual([]);
    await ask('DELETE', `${SECRETS}/shop-relais`);
    await becomes('Routed');
  });

  it('gives a Secret to one route alone', async () => {
    lead();
    await make('shop', { secretName: 'alerts' });
    await becomes('Routed');
    const before = await secret('alerts');
    await make('bank', { secretName: 'alerts' });
    await becomes('SecretTaken', 'bank');

    expect(await secret('alerts')).toEqual(before);
    expect((await ready('shop')).status).toBe('True');
  });

  it('pauses its source', async () => {
    lead();
    await make('shop');
    await becomes('Routed');
    await change('shop', { isPaused: true });
    await becomes('Paused');

    expect(only()?.settings.isPaused).toBe(true);
    expect(sources.log).toEqual(['put relais/shop', 'put relais/shop']);
    expect(await isWritten()).toBe(true);
  });

  const itReal = servers.isReal ? it : it.skip;
  itReal('does its work with the rights of its account in the chart, and may read no Secret (C4)', async () => {
    const account = await withRights(server as RealKubeApi, ask);
    const own = await KubernetesApi.open({
      ...{ url: account.KUBERNETES_URL!, credentials: account.KUBERNETES_CREDENTIALS!, timeoutMs: 2_000 },
    });
    const administrators = api;
    api = own;
    lead();
    await make('shop');
    await becomes('Routed');
    await ask('DELETE', `${SECRETS}/shop-relais`);
    await eventually(async () => (await secret()) !== undefined && (await isWritten()));
    await eventually(async () => (await events()).includes('Normal Routed'));
    const read = own.list(SECRETS).then(
      () => 'read',
      (error: KubernetesError) => error.code,
    );

    expect(await read).toBe(403);
    await ends.pop()!();
    own.close();
    api = administrators;
  });

  itReal('is refused by the API server itself where the schema or its rules say no', async () => {
    await make('shop', { secretRevision: 2 });
    const refused = async (work: Promise<unknown>) =>
      work.then(
        () => 'taken',
        (error: Error) => error.message,
      );

    expect(await refused(make('a', { policyId: 'x' }))).toMatch(/policyId/);
    expect(await refused(make('b', { severity: 'loud' }))).toMatch(/severity/);
    expect(await refused(make('c', { severities: { page: 'loud' } }))).toMatch(/severities/);
    expect(await refused(make('d', { severities: { '': 'alarm' } }))).toMatch(/empty or longer/);
    expect(await refused(make('e'.repeat(201)))).toMatch(/longer than 200/);
    expect(await refused(change('shop', { secretName: 'other' }))).toMatch(/secretName cannot be changed/);
    expect(await refused(change('shop', { secretRevision: 1 }))).toMatch(/only goes up/);
    expect((await route())['spec']).toMatchObject({ overlapSeconds: 86_400, isPaused: false, severity: 'alarm' });
  });
});

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/relais';
const KINDS: Readonly<Record<string, string>> = {
  ServiceAccount: '/api/v1/namespaces/relais/serviceaccounts',
  Role: `${RBAC}/roles`,
  RoleBinding: `${RBAC}/rolebindings`,
};

/** The account of the operator, with the rights that the chart gives it for AlertRoutes in its own namespace. */
async function withRights(
  server: RealKubeApi,
  ask: (method: string, path: string, body?: object) => Promise<unknown>,
): Promise<Record<string, string>> {
  const routes = ['enabled=true', 'existingSecret=bot', 'namespaces={relais}'];
  for (const object of chartObjects(...routes.map((one) => `operator.alertRoutes.${one}`)))
    if (KINDS[object.kind]) await ask('POST', KINDS[object.kind]!, object);
  return server.accountOf('relais', 'm-operator');
}
