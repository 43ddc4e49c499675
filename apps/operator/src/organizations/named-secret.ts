import { AppError } from '@relais/kernel';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { isCode, type KubernetesObject } from '../kubernetes/objects.js';
import type { Organization } from './organization.js';

interface Secret extends KubernetesObject {
  data?: Record<string, string>;
}

/** A key of a Secret of the namespace. */
export interface SecretRef {
  name: string;
  key: string;
}

/**
 * What the Secret holds that an Organization names, and of which version of it that is; undefined where it names none.
 *
 * @throws AppError `secret_forbidden`, `secret_missing`
 */
export async function namedSecret(
  api: KubernetesApi,
  { metadata }: Organization,
  ref: SecretRef | undefined,
): Promise<{ text: string; version: string } | undefined> {
  if (!ref) return undefined;
  const path = `/api/v1/namespaces/${metadata.namespace}/secrets/${ref.name}`;
  const found = await api.get<Secret>(path).catch((error: unknown) => {
    throw isCode(error, 403) ? new AppError('forbidden', 'secret_forbidden') : error;
  });
  const encoded = found?.data?.[ref.key];
  if (!encoded) throw new AppError('not_found', 'secret_missing');
  const { uid, resourceVersion } = found.metadata;
  return { text: Buffer.from(encoded, 'base64').toString().trim(), version: `${uid}/${resourceVersion}` };
}
