import { type KubeServer, KubeServers } from '@relais/kube-api';
import { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { leaseStoreContract } from './lease-store.contract.js';
import { KubernetesLeaseStore } from './lease-store.kubernetes.js';

const servers = new KubeServers();
afterAll(() => servers.close());

describe('a lease of Kubernetes', () => {
  let server: KubeServer;
  let api: KubernetesApi;
  let url: string;
  beforeEach(async () => {
    server = await servers.open();
    url = await server.start();
    api = await KubernetesApi.open({ url, timeoutMs: 5_000 });
  });
  afterEach(async () => {
    api.close();
    await server.close();
  });
  const path = '/apis/coordination.k8s.io/v1/namespaces/relais/leases/operator';

  leaseStoreContract(async () => ({
    store: new KubernetesLeaseStore(api, 'relais', 'operator'),
    remove: async () => void (await fetch(`${url}${path}`, { method: 'DELETE' })),
  }));

  it('is written as the API server wants it: whole seconds, times with six digits', async () => {
    const store = new KubernetesLeaseStore(api, 'relais', 'operator');
    const at = new Date('2026-11-27T10:00:00.123Z');
    await store.create({ holder: 'a', durationSeconds: 15, acquiredAt: at, renewedAt: at, transitions: 3 });

    const lease = (await server.all('leases')).find(({ metadata }) => metadata.name === 'operator');
    expect(lease?.['spec']).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-11-27T10:00:00.123000Z',
      renewTime: '2026-11-27T10:00:00.123000Z',
      leaseTransitions: 3,
    });
  });

  it('says that it cannot be reached rather than that there is none', async () => {
    const store = new KubernetesLeaseStore(api, 'relais', 'operator');
    for (const fault of [{ code: 500 }, { code: 429 }, { cut: true }]) {
      server.order({ ...fault, times: 1 });
      await expect(store.read()).rejects.toThrow();
    }
  });
});
