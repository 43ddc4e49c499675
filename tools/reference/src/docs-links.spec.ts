import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workspace } from './workspace.js';

const NOT_OURS = ['**/node_modules', '**/dist', '.devstack', '.nx'];
const pages = globSync('**/*.md', { cwd: workspace, exclude: NOT_OURS });
const textOf = (page: string): string => readFileSync(join(workspace, page), 'utf8');

/** Code is no prose: what looks like a link there is an example. */
const proseOf = (page: string): string =>
  textOf(page)
    .replaceAll(/^ *```.*?^ *```/gms, '')
    .replaceAll(/`[^`\n]*`/g, '');

/** The targets of links into the checkout. */
const linksOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] as string)
    .filter((target) => !/^[a-z]+:/.test(target));

/** As GitHub makes them: lower case, without punctuation, hyphens for spaces. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] as string)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

function isThere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(workspace, file))) return false;
  return anchor === undefined || (file.endsWith('.md') && anchorsOf(file).includes(anchor));
}

/** What people are told to run by npm, and the paths of programs they are told to run by node. */
const scriptsIn = (text: string): string[] =>
  [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1] as string);
const programsIn = (text: string): string[] =>
  [...text.matchAll(/\bnode (?:--\S+ )*((?:examples|tools)\/[\w/.-]+\.mjs)/g)].map((match) => match[1] as string);

/** The operations that people are told to ask for, with `{}` for what differs; pages for browsers are not among them. */
const operationsIn = (text: string): string[] =>
  [...text.matchAll(/\b(GET|PUT|POST|PATCH|DELETE) "?(\/v1\/[^\s"?;`]+)/g)]
    .map(([, method, path]) => `${method} ${path!.replaceAll(/\{\w+\}|\$\(\w+\)|\$\w+/g, '{}')}`)
    .filter((operation) => !operation.endsWith('.html'));

describe('the documentation', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };

  it('is found', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', join('docs', 'architecture.md')]));
  });

  it.each(pages)('%s links to what is there', (page) => {
    expect(linksOf(page).filter((target) => !isThere(page, target))).toEqual([]);
  });

  it.each(pages)('%s names scripts and programs that exist', (page) => {
    const text = textOf(page);

    expect(scriptsIn(text).filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    expect(programsIn(text).filter((path) => !existsSync(join(workspace, path)))).toEqual([]);
  });

  it.each(pages)('%s names operations that the gateway serves', (page) => {
    const { paths } = JSON.parse(textOf(join('docs', 'reference', 'openapi.json'))) as {
      paths: Record<string, object>;
    };
    const served = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).flatMap((method) => operationsIn(`${method.toUpperCase()} ${path}`)),
    );

    expect(operationsIn(textOf(page)).filter((operation) => !served.includes(operation))).toEqual([]);
  });

  it('leads from the map to every page of docs', () => {
    const reachable = new Set<string>();
    const visit = (page: string): void => {
      if (reachable.has(page) || !pages.includes(page)) return;
      reachable.add(page);
      for (const target of linksOf(page)) visit(join(dirname(page), target.split('#')[0] ?? ''));
    };
    visit(join('docs', 'README.md'));

    expect(pages.filter((page) => page.startsWith('docs') && !reachable.has(page))).toEqual([]);
  });
});
