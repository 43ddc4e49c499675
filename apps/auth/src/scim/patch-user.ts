import type { ScimPatchOperation, ScimResource } from 'scim-patch';
import type { JsonObject } from './hostile-json.js';
import type { Operation } from './patch-operations.js';
import { badRequest } from './scim-error.js';

/** A user after these checked operations. @throws ScimError `noTarget` or `invalidPath` where they lead nowhere */
export async function patchUser(user: JsonObject, operations: readonly Operation[]): Promise<JsonObject> {
  const { scimPatch } = await import('scim-patch');
  const before = structuredClone(user) as unknown as ScimResource;
  try {
    const after = scimPatch(before, operations as ScimPatchOperation[], {
      mutateDocument: false,
      treatMissingAsAdd: true,
    });
    return after as unknown as JsonObject;
  } catch (error) {
    const { scimCode } = error as { scimCode?: string };
    if (scimCode === 'noTarget') throw badRequest('noTarget', 'nothing is there under the path');
    throw badRequest('invalidPath', 'an operation leads nowhere');
  }
}
