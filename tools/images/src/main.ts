import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { closureOf, type Lock } from './closure.js';
import { contentsOf, writeRootfs } from './rootfs.js';
import { billOf } from './sbom.js';

/** `node tools/images/dist/main.js [--out <directory>]`: the file system of the image, its bill of materials, its contents. */
const root = join(import.meta.dirname, '..', '..', '..');
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, '.images') } } });
const MAX_MIB = 220;

const read = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), 'utf8')) as T;
const { version } = read<{ version: string }>('package.json');
const { packages: lock } = read<{ packages: Lock }>('package-lock.json');

const projects = readdirSync(join(root, 'apps')).map((name) => `apps/${name}`);
const unbuilt = projects.filter((project) => !existsSync(join(root, project, 'dist')));
if (unbuilt.length > 0) throw new Error(`not built: ${unbuilt.join(', ')}; run npm run build first`);

const packages = closureOf(projects, lock, (path) => existsSync(join(root, path)));
const rootfs = join(values.out, 'rootfs');
const system = writeRootfs(root, rootfs, process.execPath, packages);
const contents = contentsOf(rootfs);
const mebibytes = contents.reduce((sum, { bytes }) => sum + bytes, 0) / 1_024 ** 2;

mkdirSync(values.out, { recursive: true });
const node = execFileSync(join(rootfs, 'usr/bin/node'), ['--version'], { encoding: 'utf8' }).trim().slice(1);
writeFileSync(
  join(values.out, 'sbom.cdx.json'),
  `${JSON.stringify(billOf(version, node, packages, system), null, 2)}\n`,
);
writeFileSync(join(values.out, 'contents.txt'), contents.map(({ path, bytes }) => `${bytes} ${path}\n`).join(''));

console.log(
  `${mebibytes.toFixed(0)} MiB of at most ${MAX_MIB}: ${contents.length} files, ${packages.length} packages, Node ${node}`,
);
if (mebibytes > MAX_MIB) {
  console.error(`the image is too large: look at ${join(values.out, 'contents.txt')}`);
  process.exitCode = 1;
}
