import { COMMON_ERRORS, type RequestContract } from '@relais/contracts';
import type { ErrorKind } from '@relais/kernel';
import { HTTP_STATUS } from '@relais/contracts';

type Codes = Readonly<Record<string, ErrorKind>>;

/** What every unsuccessful answer looks like (RFC 9457). */
export const problemSchemas = {
  Problem: {
    description:
      'Why a request failed. Match on `code`; `retryable` says whether the same request may succeed later, unchanged.',
    type: 'object',
    properties: {
      type: { const: 'about:blank' },
      title: { type: 'string', description: 'The name of the HTTP status.' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: { type: 'string', description: 'What is wrong and what to do about it, for people; it may change.' },
      code: { type: 'string' },
      retryable: { type: 'boolean' },
      retryAfterMs: { type: 'integer', minimum: 0, description: 'When to try again, in milliseconds from now.' },
      details: { type: 'object', description: 'What is needed to go on, such as the token of an unfinished login.' },
    },
    required: ['type', 'title', 'status', 'code', 'retryable'],
  },
};

const byStatus = (errors: Codes): Map<number, string[]> => {
  const statuses = new Map<number, string[]>();
  for (const [code, kind] of Object.entries(errors)) {
    const status = HTTP_STATUS[kind];
    statuses.set(status, [...(statuses.get(status) ?? []), code]);
  }
  return statuses;
};

const { method_not_allowed: _, ...ofAnyOperation } = COMMON_ERRORS;

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait before asking again', schema: { type: 'integer', minimum: 0 } },
};

const response = (status: number, codes: readonly string[]): object => ({
  description: codes.join(', '),
  ...(status === 429 || status === 503 ? { headers: RETRY_AFTER } : {}),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: [...codes].sort() } } }],
      },
    },
  },
});

/** What a body in another format than JSON is answered with. */
const NOT_JSON = 415;
export const notJson = { [NOT_JSON]: { $ref: `#/components/responses/Common${NOT_JSON}` } };

/** The answers that any operation may give, by status: `Common404`. */
export const sharedResponses = (): Record<string, object> =>
  Object.fromEntries(
    [...byStatus(ofAnyOperation), [NOT_JSON, ['invalid_request']] as const].map(([status, codes]) => [
      `Common${status}`,
      response(status, codes),
    ]),
  );

/** Every unsuccessful answer of one contract, with all codes that come under a status. */
export const problemResponses = ({ errors }: RequestContract): Record<string, object> => {
  const own = byStatus(errors);
  const all = byStatus({ ...ofAnyOperation, ...errors });
  const entries = [...all].map(([status, codes]): [string, object] => [
    String(status),
    own.has(status) ? response(status, codes) : { $ref: `#/components/responses/Common${status}` },
  ]);
  return Object.fromEntries(entries);
};
