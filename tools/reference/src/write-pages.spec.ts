import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { page } from './page.js';
import { stalePages, writePages } from './write-pages.js';

describe('checking the reference', () => {
  const root = mkdtempSync(join(tmpdir(), 'relais-reference-'));
  const pages = [page('a.md', 'a'), page('b.md', 'b')];

  afterAll(() => rmSync(root, { recursive: true }));

  it('names what was never written', () => {
    expect(stalePages(pages, root)).toEqual(['docs/reference/a.md', 'docs/reference/b.md']);
  });

  it('has nothing to say after writing', () => {
    writePages(pages, root);
    expect(stalePages(pages, root)).toEqual([]);
  });

  it('names what was edited by hand', () => {
    writeFileSync(join(root, 'docs/reference/b.md'), 'by hand\n');
    expect(stalePages(pages, root)).toEqual(['docs/reference/b.md']);
  });
});
