import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { workspace } from './workspace.js';

const DOCUMENTED = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*export const (\w+)/g;

const sources = (): string[] => {
  const root = join(workspace, 'libs/contracts/src');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .sort()
    .map((name) => readFileSync(join(root, name), 'utf8'));
};

const plain = (comment: string): string =>
  comment
    .replaceAll(/^\s*\*+ ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** The docstrings of libs/contracts by the name they stand over: the one place where a contract is explained. */
export const contractDocs = (): ReadonlyMap<string, string> =>
  new Map(
    sources().flatMap((source) =>
      [...source.matchAll(DOCUMENTED)].map(([, comment = '', name = '']) => [name, plain(comment)] as const),
    ),
  );
