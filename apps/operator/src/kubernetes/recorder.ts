import { newId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import { FIELD_MANAGER, type KubernetesApi } from './kubernetes-api.js';
import type { KubernetesObject } from './objects.js';

/** Tells in `kubectl describe` what was decided. That nobody can be told is no reason not to do it. */
export class Recorder {
  constructor(
    private readonly api: KubernetesApi,
    private readonly log: Log,
  ) {}

  async say(about: KubernetesObject, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> {
    const { apiVersion, kind, metadata } = about;
    const { name, namespace, uid, resourceVersion } = metadata;
    const at = this.api
      .now()
      .toISOString()
      .replace(/\.\d+Z/, 'Z');
    try {
      await this.api.create(`/api/v1/namespaces/${namespace}/events`, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `${name}.${newId()}`, namespace },
        involvedObject: { apiVersion, kind, name, uid, resourceVersion, namespace },
        ...{ type, reason, message, count: 1, firstTimestamp: at, lastTimestamp: at },
        source: { component: FIELD_MANAGER },
      });
    } catch (error) {
      this.log.warn({ event: 'recorder.failed', reason, error });
    }
  }
}
