import { KubeApi } from './kube-api.js';
import { strategicMergePatch } from './patches.js';
import type { ApiObject } from './types.js';

const ROOT = '/api/v1/namespaces/relais/configmaps';
const map = (name: string, data: Record<string, string> = {}) => ({ metadata: { name }, data });
const deployment = (replicas: number) => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
  metadata: { name: 'gateway' },
  spec: { replicas, paused: false },
});

describe('the API of Kubernetes in memory', () => {
  let api: KubeApi;
  let url: string;
  beforeEach(async () => {
    api = new KubeApi();
    url = await api.start();
  });
  afterEach(() => api.close());

  async function call(method: string, path: string, body?: object, type = 'application/json') {
    const init = body ? { body: JSON.stringify(body), headers: { 'content-type': type } } : {};
    const response = await fetch(`${url}${path}`, { method, ...init });
    return { code: response.status, body: (await response.json()) as ApiObject };
  }
  const apply = (manager: string, body: object, force = false) =>
    call(
      'PATCH',
      `/apis/apps/v1/namespaces/relais/deployments/gateway?fieldManager=${manager}&force=${force}`,
      body,
      'application/apply-patch+yaml',
    );

  it('gives each object an identity and each change a version', async () => {
    const made = await call('POST', ROOT, map('a', { x: '1' }));
    const changed = await call('PUT', `${ROOT}/a`, map('a', { x: '2' }));
    const again = await call('PUT', `${ROOT}/a`, map('a', { x: '2' }));

    expect(made).toMatchObject({ code: 201, body: { kind: 'ConfigMap', metadata: { namespace: 'relais' } } });
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

  it('lists by labels and across namespaces', async () => {
    for (const [name, tier] of [
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'x'],
    ])
      await call('POST', `/api/v1/namespaces/${name}/configmaps`, { metadata: { name, labels: { tier } } });

    const namesOf = async (selector: string) =>
      (
        (await call('GET', `/api/v1/configmaps?labelSelector=${encodeURIComponent(selector)}`)).body[
          'items'
        ] as ApiObject[]
      ).map(({ metadata }) => metadata.name);
    expect(await namesOf('tier=x')).toEqual(['a', 'c']);
    expect(await namesOf('tier!=x')).toEqual(['b']);
    expect(await namesOf('tier in (x, y),tier')).toEqual(['a', 'b', 'c']);
    expect(await namesOf('!tier')).toEqual([]);
  });

  it('changes status and scale apart from the object', async () => {
    const path = '/apis/apps/v1/namespaces/relais/deployments';
    await call('POST', path, { ...deployment(2), status: { replicas: 9 } });
    await call('PUT', `${path}/gateway/status`, { ...deployment(7), status: { replicas: 1 } });
    await call('PATCH', `${path}/gateway/scale`, { spec: { replicas: 5 } }, 'application/merge-patch+json');
    await call('PATCH', `${path}/gateway`, { status: { replicas: 99 } }, 'application/merge-patch+json');

    const { body } = await call('GET', `${path}/gateway`);
    expect(body['spec'].replicas).toBe(5);
    expect(body['status']).toEqual({ replicas: 1 });
    expect(body.metadata.generation).toBe(2);
    expect((await call('GET', `${path}/gateway/scale`)).body).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
  });

  it('lets who applies a field own it: another is refused by name, may force it, and takes away only what is his', async () => {
    await apply('helm', deployment(2));
    const refused = await apply('operator', deployment(9));
    const forced = await apply('operator', deployment(9), true);
    await apply('helm', { ...deployment(2), spec: { paused: false } });

    expect(refused.code).toBe(409);
    expect(refused.body['message']).toContain('conflict with "helm": .spec.replicas');
    expect(forced.body['spec'].replicas).toBe(9);
    expect((await call('GET', '/apis/apps/v1/namespaces/relais/deployments/gateway')).body['spec'].replicas).toBe(9);
    expect((await apply('operator', { ...deployment(9), spec: {} })).body['spec'].replicas).toBeUndefined();
  });

  it('tells of changes as they come, from any version it remembers, and says when it has forgotten', async () => {
    await call('POST', ROOT, map('a'));
    const since = api.store.resourceVersion;
    await call('POST', ROOT, map('b'));
    await call('DELETE', `${ROOT}/a`);

    const text = await (
      await fetch(`${url}${ROOT}?watch=true&resourceVersion=${since}&timeoutSeconds=0.2&allowWatchBookmarks=true`)
    ).text();
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; object: ApiObject });
    expect(events.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['ADDED', 'b'],
      ['DELETED', 'a'],
      ['BOOKMARK', undefined],
    ]);

    api.store.compact();
    const late = await (await fetch(`${url}${ROOT}?watch=true&resourceVersion=${since}`)).text();
    expect(JSON.parse(late)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
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

  it('keeps what has a finalizer until the last is gone, and takes with an owner what it owns', async () => {
    const { body } = await call('POST', ROOT, { metadata: { name: 'owner', finalizers: ['relais.io/wait'] } });
    await call('POST', ROOT, { metadata: { name: 'owned', ownerReferences: [{ uid: body.metadata.uid }] } });

    await call('DELETE', `${ROOT}/owner`);
    expect((await call('GET', `${ROOT}/owner`)).body.metadata.deletionTimestamp).toBeDefined();
    await call('PATCH', `${ROOT}/owner`, { metadata: { finalizers: null } }, 'application/merge-patch+json');

    expect(api.all('configmaps')).toEqual([]);
    await call('POST', ROOT, { metadata: { name: 'late', ownerReferences: [{ uid: body.metadata.uid }] } });
    expect(api.all('configmaps')).toEqual([]);
  });

  it('serves kinds as soon as they are defined', async () => {
    const spec = {
      group: 'relais.io',
      scope: 'Namespaced',
      names: { plural: 'surgepolicies', kind: 'SurgePolicy' },
      versions: [{ name: 'v1', served: true, subresources: { status: {} } }],
    };
    const path = '/apis/relais.io/v1/namespaces/relais/surgepolicies';
    expect((await call('GET', path)).code).toBe(404);
    await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'surgepolicies.relais.io' },
      spec,
    });

    expect((await call('POST', path, { metadata: { name: 'a' } })).code).toBe(201);
    expect((await call('GET', '/apis/relais.io/v1')).body['resources']).toHaveLength(2);
  });

  it('is not brought down by what is no request of Kubernetes', async () => {
    for (const path of ['/', '/api/v1/namespaces', '/apis//', '/api/v1/namespaces/x/configmaps/__proto__'])
      expect((await call('GET', path)).code).toBeLessThan(500);
    const broken = await fetch(`${url}${ROOT}`, {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json' },
    });
    expect(broken.status).toBe(400);
    expect((await call('POST', ROOT, [] as never)).code).toBe(400);
  });
});

describe('a strategic merge patch', () => {
  it('changes the elements of a list by their names, takes away what it is told to, and orders them', () => {
    const target = { containers: [{ name: 'a', image: '1', env: [{ name: 'X', value: '1' }] }, { name: 'b' }] };
    const patch = {
      '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }],
      containers: [
        { name: 'c' },
        {
          name: 'a',
          env: [
            { name: 'Y', value: '2' },
            { name: 'X', $patch: 'delete' },
          ],
        },
        { name: 'b', $patch: 'delete' },
      ],
    };

    expect(strategicMergePatch(target, patch)).toEqual({
      containers: [{ name: 'c' }, { name: 'a', image: '1', env: [{ name: 'Y', value: '2' }] }],
    });
  });
});
