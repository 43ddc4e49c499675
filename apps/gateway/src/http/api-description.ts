import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGES = { '/openapi.json': 'openapi.json', '/asyncapi.json': 'asyncapi.json' } as const;

/** The generated descriptions of the API, for the internal port: those that came along with this installation. */
export function apiDescription(): Record<string, () => string> {
  const directory = fileURLToPath(new URL('../../../../docs/reference/', import.meta.url));
  const present = Object.entries(PAGES).filter(([, file]) => existsSync(directory + file));
  return Object.fromEntries(present.map(([page, file]) => [page, () => readFileSync(directory + file, 'utf8')]));
}
