import { label, LIMITS } from '@relais/contracts';
import { z } from 'zod';
import type { Json, JsonObject } from './hostile-json.js';
import { badRequest } from './scim-error.js';
import { type Kept, metaOf, wordsOf } from './user-document.js';

export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const MAX_MEMBERS_AT_ONCE = 5_000;

const name = label(LIMITS.titleBytes);
const externalId = z
  .string()
  .max(250)
  .nullish()
  .transform((value) => value ?? undefined);
const groupDocument = z.object({ displayName: name, externalId });
export type GroupDocument = z.output<typeof groupDocument>;

const members = z.array(z.object({ value: z.string().max(64) })).max(MAX_MEMBERS_AT_ONCE);

/** @throws ScimError `invalidValue` */
export function readGroupDocument(said: JsonObject): GroupDocument {
  const read = groupDocument.safeParse(said);
  if (!read.success) throw badRequest('invalidValue', wordsOf(read.error));
  return read.data;
}

/** Ids of members, each once; one member need not be in a list. */
export function readMembers(said: Json | undefined): string[] {
  const read = members.safeParse(said === undefined || said === null ? [] : Array.isArray(said) ? said : [said]);
  if (!read.success) throw badRequest('invalidValue', `members: ${wordsOf(read.error)}`);
  return [...new Set(read.data.map(({ value }) => value.toLowerCase()))];
}

/** A group as RFC 7643, 4.2 has it. */
export const renderGroup = (document: GroupDocument, kept: Kept, found: readonly string[] | null): JsonObject => ({
  schemas: [GROUP_SCHEMA],
  id: kept.id,
  displayName: document.displayName,
  ...(document.externalId === undefined ? {} : { externalId: document.externalId }),
  ...(found === null ? {} : { members: found.map((value): Json => ({ value, type: 'User' })) }),
  meta: metaOf('Group', kept),
});
