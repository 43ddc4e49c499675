import { type Fault, KubeApi, type KubeServer, KubeServers } from '@relais/kube-api';
import { silentLog } from '@relais/observability';
import { eventually } from '../../test/eventually.js';
import { Collection } from './collection.js';
import { KubernetesApi } from './kubernetes-api.js';
import { isCode, type KubernetesObject } from './objects.js';

const PATH = '/api/v1/namespaces/relais/configmaps';

const servers = new KubeServers();
afterAll(() => servers.close());

describe('a collection of objects', () => {
  let server: KubeServer;
  let api: KubernetesApi;
  let url: string;
  let collection: Collection<KubernetesObject>;
  beforeEach(async () => {
    server = await servers.open();
    url = await server.start();
    api = await KubernetesApi.open({ url, timeoutMs: 2_000 });
    await create('a');
  });
  afterEach(async () => {
    await collection.stop();
    api.close();
    await server.close();
  });

  /** A real one forgets at its own pace. */
  const forget = () => server instanceof KubeApi && server.store.compact();
  /** Also where the connection was cut just now. */
  const create = (name: string) =>
    eventually(() =>
      api.create(PATH, { metadata: { name } }).then(
        () => true,
        (error: unknown) => isCode(error, 409),
      ),
    );
  const names = () => collection.items.map(({ metadata }) => metadata.name).toSorted();
  const watches = () => server.log.filter((line) => line === `WATCH ${PATH}`).length;
  const readings = () => server.log.filter((line) => line === `GET ${PATH} 200`).length;
  async function open(options: { watchSeconds?: number; graceMs?: number; resyncMs?: number } = {}): Promise<void> {
    collection = new Collection({
      api,
      path: PATH,
      resource: 'configmaps',
      changed: () => {},
      log: silentLog,
      ...options,
    });
    collection.start();
    await eventually(() => names().includes('a') && watches() > 0);
  }

  it('knows what there is and hears what comes and goes', async () => {
    await open();
    await create('b');
    await eventually(() => names().join() === 'a,b');
    await fetch(`${url}${PATH}/a`, { method: 'DELETE' });
    await eventually(() => names().join() === 'b');

    expect(readings()).toBe(1);
    expect(collection.isStale).toBe(false);
  });

  it('goes on from where a watch ended, without reading everything', async () => {
    await open({ watchSeconds: 1 });
    await eventually(() => watches() > 3);
    await create('b');
    await eventually(() => names().join() === 'a,b');

    expect(readings()).toBe(1);
  });

  it('reads everything now and then, whatever the watch has said', async () => {
    await open({ watchSeconds: 1, resyncMs: 200 });
    await eventually(() => readings() > 2);
  });

  it('reads everything when the server has forgotten where it stood (410)', async () => {
    await open({ watchSeconds: 1 });
    forget();
    await create('b');
    forget();
    server.cut();
    await create('c');
    await eventually(() => names().join() === 'a,b,c');
  });

  it('comes back when the connection is cut', async () => {
    await open();
    server.cut();
    await create('b');
    await eventually(() => names().join() === 'a,b');
  });

  it('takes a server for gone that answers nothing any more, and asks again', async () => {
    await open({ watchSeconds: 1, graceMs: 200 });
    const before = watches();
    // Watches of the next seconds are opened and not answered.
    server.order({ method: 'GET', path: /configmaps$/, latencyMs: 3_000, times: 2 });
    await create('b');
    await eventually(() => names().join() === 'a,b' && watches() > before);
  });

  it.each<Fault>([{ code: 500 }, { code: 429 }, { cut: true }])('asks again after %p', async (fault) => {
    server.order({ method: 'GET', times: 3, ...fault });
    await open();

    expect(names()).toEqual(['a']);
  });

  it('is stale until it has read once', () => {
    collection = new Collection({ api, path: PATH, resource: 'configmaps', changed: () => {}, log: silentLog });

    expect(collection.isStale).toBe(true);
  });
});
