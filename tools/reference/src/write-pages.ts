import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Page } from './page.js';
import { workspace } from './workspace.js';

export const writePages = (pages: readonly Page[], root = workspace): void => {
  for (const { path, text } of pages) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
};

/** The paths of pages that are missing or say something else than the code. */
export const stalePages = (pages: readonly Page[], root = workspace): string[] =>
  pages
    .filter(({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)
    .map(({ path }) => path);
