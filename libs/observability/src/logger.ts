import { createHmac, randomBytes } from 'node:crypto';
import { types } from 'node:util';
import { type DestinationStream, pino } from 'pino';

type Scalar = string | number | boolean | null | undefined;

/** The only fields a log line may carry. Content, names, tokens, addresses and keys have no field. */
const ALLOWED = [
  'event', 'error', 'code', 'kind', 'subject', 'service', 'replica', 'version', 'port', 'count', 'bytes', 'seq', 'attempt', 'reason',
  'durationMs', 'lagMs', 'retryAfterMs', 'signal', 'step', 'dependency', 'stream', 'consumer', 'status', 'route', 'closeCode',
  'organizationId', 'conversationId', 'entryId', 'eventId', 'fromSeq', 'toSeq', 'connections', 'traceId',
] as const; // prettier-ignore
/** Ids of people and their devices; written as pseudonyms. */
const PSEUDONYMOUS = ['userId', 'deviceId', 'sessionId', 'actorId'] as const;

export type LogFields = { event: string; error?: unknown } & Partial<
  Record<Exclude<(typeof ALLOWED)[number], 'event' | 'error'> | (typeof PSEUDONYMOUS)[number], Scalar>
>;

/** Structured lines: an event name and fields, never a sentence with values inside. */
export interface Log {
  debug(fields: LogFields): void;
  info(fields: LogFields): void;
  warn(fields: LogFields): void;
  error(fields: LogFields): void;
}

export interface LogOptions {
  service: string;
  replica: string;
  level?: string;
  /** The same on every replica lets an operator follow one pseudonym across them. */
  pseudonymKey?: string | undefined;
  destination?: DestinationStream;
}

export function createLogger({ service, replica, level = 'info', pseudonymKey, destination }: LogOptions): Log {
  const key = pseudonymKey ?? randomBytes(32);
  const pseudonym = (id: unknown) => `p-${createHmac('sha256', key).update(String(id)).digest('hex').slice(0, 12)}`;
  return pino(
    {
      level,
      base: { service, replica },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => admit(fields, pseudonym) },
    },
    destination ?? pino.destination({ dest: 1, sync: false, minLength: 0 }),
  ) as unknown as Log;
}

function admit(fields: Record<string, unknown>, pseudonym: (id: unknown) => string): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  for (const name of ALLOWED)
    if (fields[name] !== undefined) line[name] = name === 'error' ? describe(fields[name]) : fields[name];
  for (const name of PSEUDONYMOUS) if (fields[name]) line[name] = pseudonym(fields[name]);
  return line;
}

interface Described extends Error {
  code?: unknown;
  constraint?: unknown;
}

const MAX_MESSAGE_CHARACTERS = 500;
const MAX_CAUSES = 4;

/** Name, code, message and stack. PostgreSQL's `detail` and `parameters` hold values of rows and stay out. */
function describe(thrown: unknown, depth = 0): Record<string, unknown> {
  if (!types.isNativeError(thrown)) return { name: typeof thrown };
  const { name, code, constraint, cause, stack = '' } = thrown as Described;
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name,
    code,
    constraint,
    ...(quotesInput(thrown) ? {} : { message: thrown.message.slice(0, MAX_MESSAGE_CHARACTERS) }),
    stack: frames.join('\n'),
    ...(cause && depth < MAX_CAUSES ? { cause: describe(cause, depth + 1) } : {}),
  };
}

/** Parsers, schemas and PostgreSQL's data exceptions (class 22) show in their message what they were given. */
const quotesInput = ({ name, code }: Described): boolean =>
  name === 'SyntaxError' || name.startsWith('Zod') || name === '$ZodError' || /^22[0-9A-Z]{3}$/.test(String(code));

/** A log that says nothing, for tests. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
