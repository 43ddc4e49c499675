import { ApiException, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { SecretStore } from './secret-store.js';

const LABEL = 'relais-bootstrap';

/** The secrets of a namespace. It asks for `create` and, by name, `get`: more it is not given. */
export class KubernetesSecretStore extends SecretStore {
  private constructor(
    private readonly api: CoreV1Api,
    private readonly namespace: string,
    private readonly instance: string,
  ) {
    super();
  }

  /** With the account of the pod, or the file that KUBECONFIG names. */
  static connect(namespace: string, instance: string): KubernetesSecretStore {
    const config = new KubeConfig();
    config.loadFromDefault();
    return new KubernetesSecretStore(config.makeApiClient(CoreV1Api), namespace, instance);
  }

  async keysOf(name: string): Promise<ReadonlySet<string> | null> {
    try {
      const { data = {} } = await this.api.readNamespacedSecret({ name, namespace: this.namespace });
      return new Set(Object.keys(data));
    } catch (error) {
      if (isCode(error, 404)) return null;
      throw error;
    }
  }

  async create(name: string, stringData: Record<string, string>): Promise<boolean> {
    const labels = {
      'app.kubernetes.io/name': 'relais',
      'app.kubernetes.io/instance': this.instance,
      'app.kubernetes.io/managed-by': LABEL,
    };
    const data = Object.fromEntries(
      Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    );
    const body = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name, labels }, data };
    try {
      await this.api.createNamespacedSecret({ namespace: this.namespace, body });
      return true;
    } catch (error) {
      if (isCode(error, 409)) return false;
      throw error;
    }
  }
}

const isCode = (error: unknown, code: number): boolean => error instanceof ApiException && error.code === code;
