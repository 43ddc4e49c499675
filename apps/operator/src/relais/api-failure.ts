import { AppError } from '@relais/kernel';
import { secretFailure, SecretRefused } from '../kubernetes/own-secret.js';
import type { Failure } from '../kubernetes/ready-conditions.js';

/** What a code means for an object: the reason, and what to do. */
export type Reasons = Readonly<Record<string, readonly [reason: string, message: string]>>;

const OF_ALL: Reasons = {
  bot_refused: ['BotRefused', 'the bot is disabled, or its key is retired: see the Secret of the bot'],
  bot_file_unreadable: ['BotRefused', 'the Secret of the bot holds no clientId, keyId and key'],
};

/** Why what an object asks for was not done, by the API or by the API server. */
export function failureOf(error: unknown, reasons: Reasons): Failure {
  if (error instanceof SecretRefused) return secretFailure(error);
  const { kind, code, message } = AppError.from(error);
  const known = reasons[code] ?? OF_ALL[code];
  if (known) return { reason: known[0], message: known[1], isFinal: false };
  if (kind === 'invalid')
    return { reason: 'SpecRefused', message: `the API refuses this spec: ${message}`, isFinal: true };
  if (kind === 'unauthenticated')
    return { reason: 'BotRefused', message: `the bot is refused: ${code}`, isFinal: false };
  return { reason: 'Unreachable', message: `it is tried again: ${code}`, isFinal: false };
}
