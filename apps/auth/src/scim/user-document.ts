import { email } from '@relais/contracts';
import { z } from 'zod';
import { firstPhone, type FoundPhone } from '../addresses/phone.js';
import type { Json, JsonObject } from './hostile-json.js';
import { badRequest } from './scim-error.js';

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
const MAX_NAME_CHARACTERS = 250;

const word = z
  .string()
  .max(MAX_NAME_CHARACTERS)
  .refine((text) => text.isWellFormed(), 'expected well-formed Unicode');
const nullable = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);
/** Microsoft Entra ID sends "True" and "False". */
const flag = z.union([
  z.boolean(),
  z
    .string()
    .regex(/^(true|false)$/i)
    .transform((text) => text.toLowerCase() === 'true'),
]);

/** Of every attribute that has several values (RFC 7643, 2.4). */
const plural = { type: nullable(word), primary: nullable(flag), display: nullable(word) };

/** What is kept of a user as the client says it. Anything else a client sends is taken and not kept (RFC 7644, 3.3). */
const userDocument = z.object({
  userName: word.refine((text) => text.trim().length > 0, 'expected a name'),
  externalId: nullable(word),
  displayName: nullable(word),
  name: nullable(z.object({ formatted: nullable(word), familyName: nullable(word), givenName: nullable(word) })),
  active: nullable(flag),
  emails: nullable(z.array(z.object({ value: word, ...plural })).max(20)),
  /** Any text: a number that cannot be called keeps nobody out. */
  phoneNumbers: nullable(z.array(z.object({ value: nullable(word), ...plural })).max(20)),
});
export type UserDocument = z.output<typeof userDocument>;

/** @throws ScimError `invalidValue`, which says what is wrong */
export function readUserDocument(said: JsonObject): UserDocument {
  const read = userDocument.safeParse(said);
  if (!read.success) throw badRequest('invalidValue', wordsOf(read.error));
  return read.data;
}

export const wordsOf = ({ issues }: z.ZodError): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('; ')
    .slice(0, 500);

/** The one address Relais knows a person by. @throws ScimError `invalidValue` */
export function emailOf({ emails = [], userName }: UserDocument): string {
  const said =
    emails.find(({ primary }) => primary) ?? emails.find(({ type }) => type?.toLowerCase() === 'work') ?? emails[0];
  const address = email.safeParse((said?.value ?? userName).trim());
  if (!address.success) throw badRequest('invalidValue', 'a person needs an e-mail address, in emails or as userName');
  return address.data;
}

const PHONE_TYPES = ['mobile', 'work'];

/** The primary number, else the mobile one, the one at work, any; of those the first that can be called from anywhere. */
export function phoneOf({ phoneNumbers = [] }: UserDocument): FoundPhone {
  const rank = ({ primary, type }: (typeof phoneNumbers)[number]): number => {
    const at = PHONE_TYPES.indexOf(type?.toLowerCase() ?? '');
    return primary ? -1 : at === -1 ? PHONE_TYPES.length : at;
  };
  const ordered = phoneNumbers.toSorted((one, other) => rank(one) - rank(other));
  return firstPhone(ordered.map(({ value = '' }) => value));
}

export function displayNameOf(document: UserDocument): string {
  const { displayName, name, userName } = document;
  const parts = [name?.givenName, name?.familyName].filter((part) => part?.trim()).join(' ');
  const found = [displayName, name?.formatted, parts, userName].find((text) => text?.trim());
  return (found ?? userName).trim().slice(0, MAX_NAME_CHARACTERS).toWellFormed();
}

export interface Kept {
  id: string;
  version: string;
  created: Date;
  changed: Date;
}

export const metaOf = (kind: 'User' | 'Group', { id, version, created, changed }: Kept): JsonObject => ({
  resourceType: kind,
  created: created.toISOString(),
  lastModified: changed.toISOString(),
  location: `/scim/v2/${kind}s/${id}`,
  version,
});

/** A user as RFC 7643, 4.1 has it. */
export const renderUser = (
  document: UserDocument,
  kept: Kept & { isActive: boolean; groups: readonly string[] },
): JsonObject => {
  const { active: _, ...said } = document;
  return {
    schemas: [USER_SCHEMA],
    id: kept.id,
    ...(JSON.parse(JSON.stringify(said)) as JsonObject),
    active: kept.isActive,
    groups: kept.groups.map((value): Json => ({ value })),
    meta: metaOf('User', kept),
  };
};
