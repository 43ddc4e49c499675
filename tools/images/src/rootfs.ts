import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import type { Needed } from './closure.js';
import type { SystemFile } from './sbom.js';

/** Numeric, so that Kubernetes can see that it is not root. */
export const USER = 65_532;
const HOME = 'relais';

/** What nobody runs: types, maps of other people's code, prose, tests. */
const LEFT_OUT = new Set([
  '.ts',
  '.mts',
  '.cts',
  '.map',
  '.md',
  '.markdown',
  '.tsbuildinfo',
  '.flow',
  '.h',
  '.cc',
  '.gyp',
]);
const LEFT_OUT_FOLDERS = new Set([
  'test',
  'tests',
  '__tests__',
  'docs',
  'example',
  'examples',
  '.github',
  'benchmark',
  'benchmarks',
]);

/** Puts together the whole file system of the image: Node, its libraries, our programs, what they need, and nothing else. */
export function writeRootfs(root: string, target: string, node: string, packages: readonly Needed[]): SystemFile[] {
  rmSync(target, { recursive: true, force: true });
  for (const needed of packages) copyPackage(root, join(target, HOME), needed);
  // Programs are named as in the checkout: apps/auth/dist/main.js.
  symlinkSync('node_modules/@relais', join(target, HOME, 'apps'));
  writeFileSync(join(target, HOME, 'package.json'), '{"type":"module","private":true}\n');
  place(node, join(target, 'usr/bin/node'));
  const binaries = contentsOf(target).filter(({ path }) => path.endsWith('.node'));
  const programs = [node, ...binaries.map(({ path }) => join(target, path))];
  const libraries = new Set(programs.flatMap((program) => librariesOf(program)));
  const system = [...libraries].toSorted().map((path) => copyLibrary(path, target));
  writeUsers(target);
  mkdirSync(join(target, 'tmp'), { mode: 0o1777 });
  return system;
}

function copyPackage(root: string, target: string, { path, isOurs }: Needed): void {
  const source = join(root, path);
  if (!isOurs) return copy(source, join(target, path), false);
  const place = join(target, 'node_modules/@relais', path.split('/').at(-1) ?? '');
  copy(join(source, 'dist'), join(place, 'dist'), true);
  cpSync(join(source, 'package.json'), join(place, 'package.json'));
}

/** Our own maps stay, for stacks that name lines of the source. */
function copy(source: string, target: string, keepsMaps: boolean): void {
  cpSync(source, target, {
    recursive: true,
    filter: (path) => {
      const within = relative(source, path);
      if (within.split('/').includes('node_modules')) return false;
      if (statSync(path).isDirectory())
        return !(within !== '' && !keepsMaps && LEFT_OUT_FOLDERS.has(within.split('/').at(-1) ?? ''));
      return !LEFT_OUT.has(extname(path) || basename(path)) || (keepsMaps && path.endsWith('.js.map'));
    },
  });
}

function place(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(realpathSync(source), target);
}

/** The shared libraries of a program or a native module, as the loader finds them. */
function librariesOf(program: string): string[] {
  const said = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...said.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
}

function copyLibrary(path: string, target: string): SystemFile {
  place(path, join(target, path));
  const owner = ownerOf(realpathSync(path)) ?? ownerOf(path);
  return { path, ...(owner ?? { package: 'unknown', version: 'unknown' }) };
}

function ownerOf(path: string): { package: string; version: string } | undefined {
  for (const candidate of [path, path.replace(/^\/usr/, '')]) {
    try {
      const [name = ''] = execFileSync('dpkg', ['-S', candidate], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).split(':');
      const version = execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' });
      return { package: name, version };
    } catch {
      continue;
    }
  }
  return undefined;
}

function writeUsers(target: string): void {
  mkdirSync(join(target, 'etc'), { recursive: true });
  writeFileSync(join(target, 'etc/passwd'), `relais:x:${USER}:${USER}::/tmp:/sbin/nologin\n`);
  writeFileSync(join(target, 'etc/group'), `relais:x:${USER}:\n`);
  writeFileSync(join(target, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

/** Every file with its size in bytes, sorted: what is inside, to compare between two builds. */
export function contentsOf(target: string, directory = target): { path: string; bytes: number }[] {
  return readdirSync(directory, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return contentsOf(target, path);
      return [{ path: `/${relative(target, path)}`, bytes: lstatSync(path).size }];
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
