import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspace } from './helm.js';

/** How many items each part of the checklist has. */
const ITEMS = { A: 9, B: 11, C: 11, D: 12, E: 10 };
const ids = Object.entries(ITEMS).flatMap(([part, count]) =>
  Array.from({ length: count }, (_, at) => `${part}${at + 1}`),
);
const page = readFileSync(join(workspace, 'docs', 'operations', 'chart-checklist.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => /^\| [A-E]\d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const rowOf = new Map(rows.flatMap((cells) => idsIn(cells[1]!).map((id) => [id, cells] as const)));

/** `A2–A4` and `B9, B10` are several. */
function idsIn(cell: string): string[] {
  return cell.split(', ').flatMap((part) => {
    const [from, to = from] = part.split('–') as [string, string?];
    return ids.slice(ids.indexOf(from), ids.indexOf(to) + 1);
  });
}

const inTests = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.spec.ts'))
  .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
  .flatMap((text) => [...text.matchAll(/ \(((?:[A-E]\d+(?:, )?)+)\)'/g)].flatMap(([, named]) => named!.split(', ')));

const { scripts } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
/** A file of the checkout, or a script of it. */
const isThere = (place: string): boolean =>
  existsSync(join(workspace, place)) || Object.hasOwn(scripts, place.match(/^npm run (\S+)/)?.[1] ?? '');

describe('docs/operations/chart-checklist.md', () => {
  it.each(ids)('says of %s which test holds it, where else it is shown, or that it is not yet', (id) => {
    const [, , , level = '', exceptions = ''] = rowOf.get(id) ?? [];
    const places = [...exceptions.matchAll(/`([^`]+)`/g)].map(([, place]) => place!);

    expect(level).not.toBe('');
    expect(inTests.includes(id) || places.some(isThere) || (level === 'not yet' && exceptions !== '')).toBe(true);
  });
});
