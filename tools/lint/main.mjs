/**
 * `node tools/lint/main.mjs [--root <folder>]`: every rule over every project. Ends with 0 when nothing was found.
 * Type-aware rules read the declarations in dist/, so build first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkProjects } from './src/projects.mjs';

const { values } = parseArgs({ options: { root: { type: 'string' } } });
const root = resolve(values.root ?? join(import.meta.dirname, '..', '..'));
const oxlint = join(dirname(createRequire(import.meta.url).resolve('oxlint/package.json')), 'bin', 'oxlint');

const lint = () => {
  const places = ['apps', 'libs', 'tools', 'load-tests'].filter((place) => existsSync(join(root, place)));
  const flags = ['--type-aware', '--deny-warnings', '--report-unused-disable-directives-severity=error'];
  return spawnSync(process.execPath, [oxlint, ...flags, ...places], { cwd: root, stdio: 'inherit' }).status ?? 1;
};

const problems = checkProjects(root);
for (const problem of problems) console.error(problem);
process.exitCode = Math.max(lint(), problems.length > 0 ? 1 : 0);
