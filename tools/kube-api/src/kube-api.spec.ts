import { KubeApi } from './kube-api.js';
import { kubeServerContract } from './kube-api.contract.js';
import { strategicMergePatch } from './patches.js';

describe('the API of Kubernetes in memory', () => {
  kubeServerContract(async () => {
    const server = new KubeApi();
    return { server, collectsGarbage: true, forget: () => server.store.compact() };
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
