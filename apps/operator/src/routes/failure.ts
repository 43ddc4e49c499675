import { AppError } from '@relais/kernel';
import { isCode } from '../kubernetes/objects.js';

/** Why a route is not as it has to be, in a sentence that says what to do. */
export interface Failure {
  reason: string;
  message: string;
  /** Only another spec helps: trying again does not. */
  isFinal: boolean;
}

const REASONS: Readonly<Record<string, [reason: string, message: string]>> = {
  policy_not_found: ['PolicyUnknown', 'there is no escalation policy of this id: make it, or name another'],
  source_id_taken: ['SourceTaken', 'another bot has made the source of this route: delete that source, or this route'],
  too_many_sources: ['TooManySources', 'the organization has as many sources of alarms as it may: delete one'],
  forbidden: ['Forbidden', 'the bot may not do this: give it the scope alarm-sources:write'],
  scope_missing: ['Forbidden', 'the bot may not do this: give it the scope alarm-sources:write'],
  bot_refused: ['BotRefused', 'the bot is disabled, or its key is retired: see the Secret of the bot'],
  bot_file_unreadable: ['BotRefused', 'the Secret of the bot holds no clientId, keyId and key'],
};

/** A Secret could not be written, or may not be. */
export class SecretRefused extends Error {
  constructor(
    readonly secretName: string,
    options: ErrorOptions,
  ) {
    super(`the Secret ${secretName} is refused`, options);
  }
}

export function failureOf(error: unknown): Failure {
  if (error instanceof SecretRefused) return secretFailure(error);
  const { kind, code, message } = AppError.from(error);
  const known = REASONS[code];
  if (known) return { reason: known[0], message: known[1], isFinal: false };
  if (kind === 'invalid')
    return { reason: 'SpecRefused', message: `the API refuses this spec: ${message}`, isFinal: true };
  if (kind === 'unauthenticated')
    return { reason: 'BotRefused', message: `the bot is refused: ${code}`, isFinal: false };
  return { reason: 'Unreachable', message: `it is tried again: ${code}`, isFinal: false };
}

function secretFailure({ secretName, cause }: SecretRefused): Failure {
  if (isCode(cause, 403))
    return {
      reason: 'SecretForbidden',
      message: 'the operator may not write Secrets here: its Role is missing',
      isFinal: false,
    };
  const what = `the Secret ${secretName} is somebody else's, or was changed by hand: delete it, or name another`;
  return { reason: 'SecretTaken', message: what, isFinal: false };
}
