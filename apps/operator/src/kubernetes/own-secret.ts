import { AppError } from '@relais/kernel';
import { FIELD_MANAGER, type KubernetesApi } from './kubernetes-api.js';
import { isCode, type KubernetesObject } from './objects.js';
import type { Failure } from './ready-conditions.js';

/** A Secret that belongs to an object of ours, and goes with it. */
export interface OwnSecret {
  name: string;
  /** Of our own: a Secret keeps its type, so no other one can be turned into one of these. */
  type: string;
  data: Readonly<Record<string, string>>;
}

/** A Secret could not be written, or may not be. */
export class SecretRefused extends Error {
  constructor(
    readonly secretName: string,
    options: ErrorOptions,
  ) {
    super(`the Secret ${secretName} is refused`, options);
  }
}

/**
 * Writes it without reading one, in the name of this one object: of two that name the same Secret only the first has it, and none
 * of somebody else is taken. A trial writes nothing.
 *
 * @returns whether there was none
 * @throws SecretRefused; AppError of kind `unavailable`
 */
export async function claimSecret(
  api: KubernetesApi,
  owner: KubernetesObject,
  secret: OwnSecret,
  { isTrial }: { isTrial: boolean },
): Promise<boolean> {
  const { namespace, uid } = owner.metadata;
  const path = `/api/v1/namespaces/${namespace}/secrets/${secret.name}`;
  try {
    return await api.claim(path, bodyOf(owner, secret), { manager: `${FIELD_MANAGER}-${uid}`, isTrial });
  } catch (cause) {
    if (isCode(cause, 403, 409, 422)) throw new SecretRefused(secret.name, { cause });
    throw new AppError('unavailable', 'api_server', 'the API server does not write the Secret', { cause });
  }
}

export function secretFailure({ secretName, cause }: SecretRefused): Failure {
  if (isCode(cause, 403)) {
    const message = 'the operator may not write Secrets here: its Role is missing';
    return { reason: 'SecretForbidden', message, isFinal: false };
  }
  const message = `the Secret ${secretName} is somebody else's, or was changed by hand: delete it, or name another`;
  return { reason: 'SecretTaken', message, isFinal: false };
}

function bodyOf({ apiVersion, kind, metadata: { name: ownerName, uid } }: KubernetesObject, secret: OwnSecret): object {
  const { name, type, data } = secret;
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', type },
    metadata: {
      name,
      labels: { 'app.kubernetes.io/name': 'relais', 'app.kubernetes.io/managed-by': FIELD_MANAGER },
      ownerReferences: [{ apiVersion, kind, controller: true, name: ownerName, uid }],
    },
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  };
}
