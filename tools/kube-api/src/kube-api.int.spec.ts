import { jest } from '@jest/globals';
import { kubeServerContract } from './kube-api.contract.js';
import { KubeServers } from './kube-servers.js';

jest.setTimeout(60_000);

const servers = new KubeServers();
const describeReal = servers.isReal ? describe : describe.skip;

describeReal('a real kube-apiserver, where KUBEBUILDER_ASSETS says where it is', () => {
  afterAll(() => servers.close());

  kubeServerContract(async () => ({
    server: await servers.open(),
    collectsGarbage: servers.collectsGarbage,
    forget: () => undefined,
  }));
});
