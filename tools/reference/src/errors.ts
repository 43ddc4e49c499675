import { COMMON_ERRORS, REQUESTS, SOCKET_ERRORS } from '@relais/contracts';
import { type ErrorKind, RETRYABLE } from '@relais/kernel';
import { contractNames } from './contract-names.js';
import { statusOf } from './http-status.js';
import { code, codes, document, table } from './markdown.js';
import { type Page, page } from './page.js';

interface Declared {
  kind: ErrorKind;
  where: string[];
}

/**
 * Every error code once.
 *
 * @throws Error when two contracts give one code different kinds: a client could not act on it.
 */
export const declaredErrors = (): ReadonlyMap<string, Declared> => {
  const names = contractNames();
  const found = new Map<string, Declared>();
  const declare = (name: string, kind: ErrorKind, where: string): void => {
    const before = found.get(name) ?? { kind, where: [] };
    if (before.kind !== kind) throw new Error(`${name} is both ${before.kind} and ${kind}`);
    found.set(name, { kind, where: [...before.where, where] });
  };
  for (const [name, kind] of Object.entries<ErrorKind>(COMMON_ERRORS)) declare(name, kind, 'any request');
  for (const [name, kind] of Object.entries<ErrorKind>(SOCKET_ERRORS)) declare(name, kind, '/v1/realtime');
  for (const { subject, errors } of REQUESTS) {
    for (const [name, kind] of Object.entries(errors)) declare(name, kind, names.get(subject) ?? subject);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
};

export const errors = (): Page => {
  const rows = [...declaredErrors()].map(([name, { kind, where }]) => [
    code(name),
    code(kind),
    String(statusOf(name, kind)),
    RETRYABLE.has(kind) ? 'yes' : 'no',
    where.includes('any request') ? 'any request' : codes([...where].sort()),
  ]);
  return page(
    'errors.md',
    document(
      'Error codes',
      'What `code` in a problem document, a `refusal` frame or a bus reply can be. Retryable: the same request, unchanged, may succeed later.',
      table(['code', 'kind', 'HTTP', 'retryable', 'answered by'], rows),
    ),
  );
};
