import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('the page about this service', () => {
  it('names every table it has, and no other', () => {
    const [owned = ''] = read('apps/auth/README.md').split('## What it serves');
    const lines = owned.match(/^\| [a-z_, ]+ +\|/gm) ?? [];
    const named = lines
      .flatMap((line) => line.replaceAll('|', '').trim().split(/,\s*/))
      .filter((one) => one !== 'table');
    const schema = read('docs/reference/schema/auth.sql');
    const made = [...schema.matchAll(/^CREATE (?:TABLE|SEQUENCE) public\.(\w+)/gm)].map(([, name]) => name);

    expect(named.toSorted()).toEqual(made.filter((name) => !name?.startsWith('migrations')).toSorted());
  });
});
