import type { KubeServer } from './kube-server.js';
import type { ApiObject } from './types.js';

const ROOT = '/api/v1/namespaces/relais/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/relais/deployments';
const MERGE = 'application/merge-patch+json';
const labels = { app: 'gateway' };
const map = (name: string, data: Record<string, string> = {}) => ({ metadata: { name }, data });
const selector = { matchLabels: labels };
const template = { metadata: { labels }, spec: { containers: [{ name: 'gateway', image: 'gateway' }] } };
const deployment = (spec: object) => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
  metadata: { name: 'gateway' },
  spec: { selector, template, ...spec },
});

export interface Tried {
  server: KubeServer;
  collectsGarbage: boolean;
  /** Forgets all changes that were; of a kind that has just been defined, a real one remembers none before. */
  forget(): void;
}

/** What is asked of an API server in this project, and how it answers; the real one is the measure. */
export function kubeServerContract(make: () => Promise<Tried>): void {
  let tried: Tried;
  let api: KubeServer;
  let url: string;
  beforeEach(async () => {
    tried = await make();
    api = tried.server;
    url = await api.start();
  });
  afterEach(() => api.close());

  async function call(method: string, path: string, body?: object, type = 'application/json') {
    const init = body ? { body: JSON.stringify(body), headers: { 'content-type': type } } : {};
    const response = await fetch(`${url}${path}`, { method, ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { code: response.status, body: (isJson ? JSON.parse(text) : {}) as ApiObject };
  }
  const apply = (manager: string, body: object, force = false) =>
    call(
      'PATCH',
      `${DEPLOYMENTS}/gateway?fieldManager=${manager}&force=${force}`,
      body,
      'application/apply-patch+yaml',
    );
  const there = async (plural: string) => (await api.all(plural)).map(({ metadata }) => metadata.name);

  it('gives each object an identity and each change a version', async () => {
    const made = await call('POST', ROOT, map('a', { x: '1' }));
    const changed = await call('PUT', `${ROOT}/a`, map('a', { x: '2' }));
    const again = await call('PUT', `${ROOT}/a`, map('a', { x: '2' }));

    expect(made).toMatchObject({ code: 201, body: { kind: 'ConfigMap', metadata: { namespace: 'relais' } } });
    expect(changed.body).toMatchObject({ kind: 'ConfigMap', metadata: { namespace: 'relais' } });
    expect(changed.body.metadata.uid).toBe(made.body.metadata.uid);
    expect(Number(changed.body.metadata.resourceVersion)).toBeGreaterThan(Number(made.body.metadata.resourceVersion));
    expect(again.body.metadata.resourceVersion).toBe(changed.body.metadata.resourceVersion);
  });

  it('refuses a second object of a name, and a change of what has changed meanwhile', async () => {
    const { body } = await call('POST', ROOT, map('a'));
    await call('PUT', `${ROOT}/a`, map('a', { x: '2' }));

    expect(await call('POST', ROOT, map('a'))).toMatchObject({ code: 409, body: { reason: 'AlreadyExists' } });
    expect(await call('PUT', `${ROOT}/a`, { ...body, data: { x: '3' } })).toMatchObject({
      code: 409,
      body: { reason: 'Conflict' },
    });
    expect(await call('GET', `${ROOT}/b`)).toMatchObject({ code: 404, body: { reason: 'NotFound' } });
    expect(await call('GET', '/apis/none/v1/things')).toMatchObject({ code: 404 });
  });

  it('changes no object in the place of one that was made anew, and makes none by changing it', async () => {
    const { body } = await call('POST', ROOT, map('a'));
    await call('DELETE', `${ROOT}/a`);
    expect(await call('PUT', `${ROOT}/a`, body)).toMatchObject({ code: 404 });
    await call('POST', ROOT, map('a'));
    const { resourceVersion: _, ...metadata } = body.metadata;

    expect(await call('PUT', `${ROOT}/a`, body)).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
    expect(await call('PUT', `${ROOT}/a`, { ...body, metadata })).toMatchObject({ code: 409 });
    expect(await call('DELETE', `${ROOT}/a`, { preconditions: { uid: metadata.uid } })).toMatchObject({ code: 409 });
    expect(await call('PUT', `${ROOT}/a`, map('b'))).toMatchObject({ code: 400 });
  });

  it('has no object outside of a namespace, or in one that is not there', async () => {
    expect(await call('POST', '/api/v1/namespaces/nowhere/configmaps', map('a'))).toMatchObject({ code: 404 });
    expect(await call('POST', ROOT, { metadata: { name: 'a', namespace: 'other' } })).toMatchObject({ code: 400 });
    expect(await call('POST', ROOT, map('Not A Name'))).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
  });

  it('lists by labels and across namespaces', async () => {
    for (const [name, tier] of [
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'x'],
    ]) {
      await call('POST', '/api/v1/namespaces', { metadata: { name } });
      await call('POST', `/api/v1/namespaces/${name}/configmaps`, { metadata: { name, labels: { tier } } });
    }
    const namesOf = async (selected: string) => {
      const query = new URLSearchParams({ labelSelector: selected, fieldSelector: 'metadata.name!=kube-root-ca.crt' });
      const { body } = await call('GET', `/api/v1/configmaps?${query.toString()}`);
      const items = body['items'] as ApiObject[];
      return items
        .filter(({ metadata }) => !metadata.namespace?.startsWith('kube-'))
        .map(({ metadata }) => metadata.name);
    };
    expect(await namesOf('tier=x')).toEqual(['a', 'c']);
    expect(await namesOf('tier,tier!=x')).toEqual(['b']);
    expect(await namesOf('tier in (x, y),tier')).toEqual(['a', 'b', 'c']);
    expect(await namesOf('!tier')).toEqual([]);
    for (const name of ['a', 'b', 'c']) await call('DELETE', `/api/v1/namespaces/${name}/configmaps/${name}`);
  });

  it('lists without the kinds of what it lists, and tells them in single objects and in watches', async () => {
    await call('POST', ROOT, map('a'));
    const { body } = await call('GET', ROOT);
    const [item] = body['items'] as ApiObject[];

    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect([item?.kind, item?.apiVersion]).toEqual([undefined, undefined]);
    expect((await call('GET', `${ROOT}/a`)).body).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
  });

  it('changes status and scale apart from the object', async () => {
    await call('POST', DEPLOYMENTS, { ...deployment({ replicas: 2 }), status: { replicas: 9 } });
    await call('PUT', `${DEPLOYMENTS}/gateway/status`, { ...deployment({ replicas: 7 }), status: { replicas: 1 } });
    await call('PATCH', `${DEPLOYMENTS}/gateway/scale`, { spec: { replicas: 5 } }, MERGE);
    await call('PATCH', `${DEPLOYMENTS}/gateway`, { status: { replicas: 99 } }, MERGE);

    const { body } = await call('GET', `${DEPLOYMENTS}/gateway`);
    expect(body['spec'].replicas).toBe(5);
    expect(body['status']).toEqual({ replicas: 1 });
    expect(body.metadata.generation).toBe(2);
    expect((await call('GET', `${DEPLOYMENTS}/gateway/scale`)).body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 5 },
    });
  });

  it('lets who applies a field own it: another is refused by name, may force it, and takes away only what is his', async () => {
    const given = await apply('helm', deployment({ replicas: 2, minReadySeconds: 5 }));
    const refused = await apply('operator', deployment({ replicas: 9 }));
    const forced = await apply('operator', deployment({ replicas: 9, minReadySeconds: 5 }), true);
    await apply('helm', deployment({ paused: true }));

    expect(given.code).toBe(201);
    expect(refused.code).toBe(409);
    expect(refused.body['message']).toContain('conflict with "helm": .spec.replicas');
    expect(forced.body['spec'].replicas).toBe(9);
    const { spec } = (await call('GET', `${DEPLOYMENTS}/gateway`)).body;
    expect(spec).toMatchObject({ replicas: 9, minReadySeconds: 5 });
    expect((await apply('operator', deployment({ replicas: 9 }))).body['spec'].minReadySeconds).toBeUndefined();
  });

  it('tries what is applied, and says whether it would be new, without doing it', async () => {
    const path = `${DEPLOYMENTS}/gateway?fieldManager=operator&dryRun=All`;
    const tryIt = () => call('PATCH', path, deployment({ replicas: 9 }), 'application/apply-patch+yaml');
    const missing = await tryIt();
    await apply('operator', deployment({ replicas: 2 }));
    const there = await tryIt();
    const spec = (await call('GET', `${DEPLOYMENTS}/gateway`)).body['spec'];
    await apply('helm', deployment({ replicas: 2 }));

    expect([missing.code, there.code, (await tryIt()).code]).toEqual([201, 200, 409]);
    expect(spec.replicas).toBe(2);
  });

  it('leaves a Secret of the type that it was made of', async () => {
    const secrets = '/api/v1/namespaces/relais/secrets';
    const secret = (type: string, data: object) => ({
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, type, data },
    });
    const applyIt = (body: object, force: boolean) =>
      call('PATCH', `${secrets}/a?fieldManager=operator&force=${force}`, body, 'application/apply-patch+yaml');
    await call('POST', `${secrets}?fieldManager=kubectl`, secret('Opaque', { other: 'eA==' }));
    const ours = secret('relais.io/alert-route', { token: 'eQ==' });

    expect((await applyIt(ours, false)).code).toBe(409);
    expect((await applyIt(ours, true)).code).toBe(422);
    expect((await call('GET', `${secrets}/a`)).body['data']).toEqual({ other: 'eA==' });
  });

  it('tells who has applied what, and who has changed what by other means', async () => {
    await apply('helm', deployment({ replicas: 2 }));
    await call('PATCH', `${DEPLOYMENTS}/gateway?fieldManager=kubectl-edit`, { spec: { replicas: 4 } }, MERGE);
    const managers = (await call('GET', `${DEPLOYMENTS}/gateway`)).body.metadata.managedFields ?? [];
    const ownersOfReplicas = managers.filter(({ fieldsV1 }) => fieldsV1['f:spec']?.['f:replicas']);

    expect(ownersOfReplicas).toEqual([expect.objectContaining({ manager: 'kubectl-edit', operation: 'Update' })]);
    expect((await apply('helm', deployment({ replicas: 2 }))).body['message']).toContain(
      'conflict with "kubectl-edit" using apps/v1: .spec.replicas',
    );
  });

  it('tells of changes as they come, from any version it remembers', async () => {
    const { body: first } = await call('POST', ROOT, map('a'));
    const since = first.metadata.resourceVersion!;
    await call('POST', ROOT, map('b'));
    await call('DELETE', `${ROOT}/a`);

    const query = `watch=true&resourceVersion=${since}&timeoutSeconds=1&allowWatchBookmarks=true`;
    const text = await (await fetch(`${url}${ROOT}?${query}`)).text();
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; object: ApiObject });
    expect(
      events.filter(({ type }) => type !== 'BOOKMARK').map(({ type, object }) => [type, object.metadata.name]),
    ).toEqual([
      ['ADDED', 'b'],
      ['DELETED', 'a'],
    ]);
    for (const { object } of events) expect(object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
  });

  it('goes wrong as it is told to, before or after it has done what was asked', async () => {
    api.order({ method: 'POST', code: 429, times: 1 });
    api.order({ method: 'POST', path: /configmaps/, code: 500, times: 1, after: true });

    expect((await call('POST', ROOT, map('a'))).code).toBe(429);
    expect((await call('POST', ROOT, map('a'))).code).toBe(500);
    expect((await call('POST', ROOT, map('a'))).code).toBe(409);
    api.order({ cut: true, times: 1 });
    await expect(call('GET', ROOT)).rejects.toThrow();
  });

  it('keeps what has a finalizer until the last is gone', async () => {
    await call('POST', ROOT, { metadata: { name: 'held', finalizers: ['relais.io/wait'] } });
    await call('DELETE', `${ROOT}/held`);
    expect((await call('GET', `${ROOT}/held`)).body.metadata.deletionTimestamp).toBeDefined();

    await call('PATCH', `${ROOT}/held`, { metadata: { finalizers: null } }, MERGE);
    expect((await call('GET', `${ROOT}/held`)).code).toBe(404);
  });

  it('takes with an owner what it owns', async () => {
    if (!tried.collectsGarbage) return;
    const { body } = await call('POST', ROOT, map('owner'));
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: body.metadata.uid };
    await call('POST', ROOT, { metadata: { name: 'owned', ownerReferences: [owner] } });
    await call('DELETE', `${ROOT}/owner`);
    await until(async () => !(await there('configmaps')).includes('owned'));

    await call('POST', ROOT, { metadata: { name: 'late', ownerReferences: [owner] } });
    await until(async () => !(await there('configmaps')).includes('late'));
  });

  it('refuses an owner that is not named in full', async () => {
    const made = await call('POST', ROOT, { metadata: { name: 'owned', ownerReferences: [{ uid: 'u' }] } });

    expect(made).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
  });

  describe('of a kind that is defined', () => {
    const wishes = '/apis/relais.test/v1/namespaces/relais/wishes';
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const wish = {
      ...{ apiVersion: 'relais.test/v1', kind: 'Wish', metadata: { name: 'a' } },
      ...{ spec: { x: 1 }, status: { y: 1 } },
    };
    async function define(): Promise<void> {
      const names = { plural: 'wishes', singular: 'wish', kind: 'Wish', listKind: 'WishList' };
      const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
      const version = { name: 'v1', served: true, storage: true, schema, subresources: { status: {} } };
      const spec = { group: 'relais.test', scope: 'Namespaced', names, versions: [version] };
      await call('POST', definitions, { metadata: { name: 'wishes.relais.test' }, spec });
      await until(async () => (await call('GET', wishes)).code === 200);
    }
    afterEach(async () => {
      await call('DELETE', `${definitions}/wishes.relais.test`);
      await until(async () => (await call('GET', wishes)).code === 404);
    });

    it('serves objects as soon as it is, with a status apart', async () => {
      expect((await call('GET', wishes)).code).toBe(404);
      await define();
      const made = await call('POST', wishes, wish);
      const told = await call('PUT', `${wishes}/a/status`, { ...made.body, spec: { x: 2 }, status: { y: 2 } });

      expect(made).toMatchObject({ code: 201, body: { spec: { x: 1 }, metadata: { generation: 1 } } });
      expect(made.body['status']).toBeUndefined();
      expect(told.body).toMatchObject({ spec: { x: 1 }, status: { y: 2 }, metadata: { generation: 1 } });
    });

    it('has nobody overwrite what he has not read, and says the kind of everything in a list', async () => {
      await define();
      await call('POST', wishes, wish);
      const [listed] = (await call('GET', wishes)).body['items'] as ApiObject[];

      expect(await call('PUT', `${wishes}/a`, wish)).toMatchObject({ code: 422 });
      expect(listed).toMatchObject({ kind: 'Wish', apiVersion: 'relais.test/v1' });
    });

    it('says when it has forgotten where a watch wants to go on', async () => {
      await define();
      await call('POST', wishes, wish);
      tried.forget();
      const late = await (await fetch(`${url}${wishes}?watch=true&resourceVersion=1`)).text();

      expect(JSON.parse(late)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    });
  });

  it('is not brought down by what is no request of Kubernetes', async () => {
    for (const path of ['/', '/api/v1/namespaces', '/apis//', '/api/v1/namespaces/x/configmaps/__proto__'])
      expect((await call('GET', path)).code).toBeLessThan(500);
    const headers = { 'content-type': 'application/json' };
    const broken = await fetch(`${url}${ROOT}`, { method: 'POST', body: '{', headers });
    expect(broken.status).toBe(400);
    expect((await call('POST', ROOT, [] as never)).code).toBe(400);
    expect((await call('POST', ROOT, map('a'), 'text/plain')).code).toBe(415);
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 40_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error('not so within 40 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
