import { BUILT_IN, type Resource } from './resources.js';
import { type ApiObject, bad, conflict, invalid } from './types.js';

/** RFC 1123, as most kinds want it; roles may be called anything that is one segment of a path. */
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const OWNER_FIELDS = ['apiVersion', 'kind', 'name', 'uid'] as const;

/** What the API server looks at in every object that it is sent, whatever its kind. @throws ApiError 400, 422 */
export function checkMetadata({ metadata }: ApiObject, { group, plural }: Resource, namespace: string): void {
  if (metadata.namespace !== undefined && metadata.namespace !== namespace)
    throw bad('the namespace of the provided object does not match the namespace sent on the request');
  const isFree = group === 'rbac.authorization.k8s.io';
  if (metadata.name && !isFree && !NAME.test(metadata.name))
    throw invalid(`${plural} "${metadata.name}" is invalid: metadata.name: a lowercase RFC 1123 subdomain is wanted`);
  for (const owner of metadata.ownerReferences ?? [])
    for (const field of OWNER_FIELDS)
      if (!owner[field]) throw invalid(`metadata.ownerReferences.${field}: Invalid value: "": must not be empty`);
}

/** What replaces an object is meant for this one, and not for what had its name before. @throws ApiError 400, 409, 422 */
export function checkIdentity(sent: ApiObject, current: ApiObject, resource: Resource): void {
  const { name, uid } = current.metadata;
  if (sent.metadata.name !== name)
    throw bad(`the name of the object (${sent.metadata.name}) does not match the name on the URL (${name})`);
  if (sent.metadata.uid && sent.metadata.uid !== uid) throw conflict(`${resource.plural} "${name}"`);
  if (!sent.metadata.resourceVersion && !allowsUnconditionalUpdate(resource))
    throw invalid('metadata.resourceVersion: Invalid value: 0: must be specified for an update');
}

/** A Secret stays of the type that it was made of. @throws ApiError 422 */
export function checkType(sent: ApiObject, current: ApiObject): void {
  const typeOf = (object: ApiObject): unknown => object['type'] ?? 'Opaque';
  if (current.kind === 'Secret' && typeOf(sent) !== typeOf(current))
    throw invalid(`Secret "${current.metadata.name}" is invalid: type: field is immutable`);
}

/** Of kinds that are defined, and of leases, nobody overwrites what he has not read. */
const allowsUnconditionalUpdate = (resource: Resource): boolean =>
  BUILT_IN.includes(resource) && resource.plural !== 'leases';
