import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { engine, findEngine } from './engine.js';
import { smokeTest } from './smoke.js';

/** `node tools/images/dist/build.js`: packs what `rootfs` has put together into an image, and tries it. */
const root = join(import.meta.dirname, '..', '..', '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
/** Of this machine by its whole name, which podman would put before it, and docker would not. */
const image = `localhost/relais/relais:${version}`;
const SERVICES = ['gateway', 'auth', 'messaging', 'alerting', 'operator', 'standalone'];
const programs = [...SERVICES.map((name) => `apps/${name}/dist/main.js`), 'apps/installer/dist/bootstrap.js'];

const found = findEngine();
if (!found) {
  console.log('neither podman nor docker answers here: the contents are in .images, and no image was made of them');
} else {
  const more = (process.env['RELAIS_ENGINE_BUILD_OPTIONS'] ?? '').split(' ').filter(Boolean);
  engine(found, ['build', '--target', 'local', '--tag', image, ...more, root]);
  const bytes = Number(engine(found, ['image', 'inspect', '--format', '{{.Size}}', image]).trim());
  const problems = smokeTest(found, image, programs);
  for (const problem of problems) console.error(`${image}: ${problem}`);
  console.log(
    `${image}: ${(bytes / 1_000 ** 2).toFixed(0)} MB, ${programs.length} programs tried, ${problems.length} problems`,
  );
  process.exitCode = problems.length > 0 ? 1 : 0;
}
