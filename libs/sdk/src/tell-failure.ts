import { ApiError } from './api-error.js';
import { printable } from './chat/printable.js';

/** Says on the standard error why a program of the SDK failed, with the code where the server refused, and ends it with 1. */
export function tellFailure(program: string, thrown: unknown): void {
  process.stderr.write(`${program}: ${printable(whyOf(thrown))}\n`);
  process.exitCode = 1;
}

export function whyOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const isCoded = thrown instanceof ApiError && thrown.code !== message;
  return isCoded ? `${thrown.code} (${message})` : message;
}
