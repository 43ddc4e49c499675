import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { userId } from '../primitives.js';

/** As many lines are taken at once; longer lists come in parts, each with the line of names on top. */
export const IMPORT_LINES = 1_000;

/** Why a line makes nobody; `phone_invalid` makes somebody without a number. */
export const importProblem = z.enum([
  'email_invalid',
  'name_missing',
  'role_unknown',
  'role_above_own',
  'pool_unknown',
  'pool_ambiguous',
  'twice_in_file',
  'registration_not_allowed',
  'people_limit_reached',
  'phone_invalid',
]);
export type ImportProblem = z.infer<typeof importProblem>;

const importedLine = z.object({
  /** Of the text, from 1; the names of the columns are in the first. */
  line: z.int(),
  /** `exists`: somebody has this address, and nothing of them is changed. */
  outcome: z.enum(['made', 'would_make', 'exists', 'refused']),
  userId: userId.optional(),
  problem: importProblem.optional(),
  /** What to do about it. */
  says: z.string().optional(),
});
export type ImportedLine = z.infer<typeof importedLine>;

/**
 * Makes people from a list with the columns `email`, `name`, `role` (member, or admin), `pools` (names, `|` between them) and
 * `phone`;
 * only `email` and `name` must be there. Comma, semicolon or tab between the columns, quotes as in RFC 4180, with or without a
 * byte order mark. Each line is done for itself: doing it again makes those who are missing, and nobody twice. They have no
 * password: they come in by an identity provider, a directory, an enrolment or a password reset.
 */
export const importPeople = defineRequest({
  subject: 'rpc.auth.people.import.v1',
  access: 'user',
  timeoutMs: 30_000,
  input: z.strictObject({
    csv: z.string().max(LIMITS.bodyBytes),
    /** Changes nothing, and says what would be. */
    dryRun: z.boolean().default(true),
  }),
  output: z.object({
    isDryRun: z.boolean(),
    made: z.int(),
    existing: z.int(),
    refused: z.int(),
    lines: z.array(importedLine),
  }),
  errors: { csv_unreadable: 'invalid', too_many_lines: 'invalid' },
});
export type PeopleImport = z.infer<typeof importPeople.output>;
