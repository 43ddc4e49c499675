import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KubeApi } from './kube-api.js';
import type { KubeServer } from './kube-server.js';
import type { Admission } from './operations.js';
import { emptied } from './real/emptied.js';
import { ControlPlane } from './real/control-plane.js';
import { RealKubeApi } from './real/real-kube-api.js';
import type { ApiObject } from './types.js';

export interface KubeServersOptions {
  /** CustomResourceDefinitions that there are from the start. */
  definitions?: readonly object[];
  /** Looks at every object that the one in memory is sent; a real one looks itself. */
  admit?: Admission;
  /** Controllers that run beside a real server; the garbage is always collected. */
  controllers?: readonly string[];
  /** Where the programs of Kubernetes are; in memory where that is nowhere. */
  assets?: string | undefined;
}

const COLLECTORS = [
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'persistentvolumeclaim-protection-controller',
];

/**
 * The servers that one test file uses one after the other, each with an empty namespace `relais`: in memory, or, where
 * KUBEBUILDER_ASSETS says where `etcd` and `kube-apiserver` are, one real server that is emptied in between.
 */
export class KubeServers {
  private plane: Promise<ControlPlane> | undefined;
  private readonly assets: string | undefined;

  constructor(private readonly options: KubeServersOptions = {}) {
    this.assets = 'assets' in options ? options.assets : process.env.KUBEBUILDER_ASSETS || undefined;
  }

  get isReal(): boolean {
    return this.assets !== undefined;
  }

  /** What belongs to something that is gone goes, too: not without controllers. */
  get collectsGarbage(): boolean {
    return !this.assets || existsSync(join(this.assets, 'kube-controller-manager'));
  }

  /** A server that is not started yet. */
  async open(): Promise<KubeServer> {
    const { definitions = [], controllers = [] } = this.options;
    if (!this.assets) return inMemory(this.options);
    this.plane ??= ControlPlane.start({
      ...{ assets: this.assets, definitions },
      controllers: [...COLLECTORS, ...controllers],
    });
    const plane = await this.plane;
    await emptied(plane, 'relais');
    return new RealKubeApi(plane);
  }

  async close(): Promise<void> {
    await (await this.plane)?.stop();
  }
}

function inMemory({ definitions = [], admit }: KubeServersOptions): KubeApi {
  const api = new KubeApi([], admit);
  for (const definition of definitions) api.define(definition as ApiObject);
  return api;
}
