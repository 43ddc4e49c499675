import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiObject, definitionOf, KubeServers } from '@relais/kube-api';
import { workspace } from './helm.js';
import { OTHERS } from './others.js';
import { runHelm } from './run-helm.js';

/** This helm asks the API five times a second at most, by itself. */
const DEADLINE_MS = 400_000;
const guide = readFileSync(join(workspace, 'docs', 'operations', 'install.md'), 'utf8');
const commands = [...guide.matchAll(/^```sh\n([^]*?)^```/gm)]
  .flatMap(([, block]) => block!.split('\n'))
  .filter((line) => line.startsWith('helm '))
  .map((line) => line.split(' ').slice(1));

const servers = new KubeServers({ definitions: OTHERS.map(definitionOf) });
afterAll(() => servers.close());

describe('docs/operations/install.md', () => {
  it(
    'can be followed word by word, from the first command to the last (A1, B9)',
    async () => {
      const api = await servers.open();
      const [url, home] = [await api.start(), mkdtempSync(join(tmpdir(), 'relais-guide-'))];
      const deployments = async () => (await api.all('deployments')) as ApiObject[];
      const namesOf = (objects: ApiObject[]) => objects.map(({ metadata }) => metadata.name);
      const imagesOf = (objects: ApiObject[]) =>
        objects.map(({ spec }) => spec.template.spec.containers[0].image as string);
      const seen = new Map<string, unknown>();
      try {
        for (const command of commands) {
          const withoutSchema =
            !servers.isReal && ['install', 'upgrade'].includes(command[0]!) ? ['--disable-openapi-validation'] : [];
          await runHelm([...command, ...withoutSchema], { url, home });
          const found = await deployments();
          seen.set(command.join(' '), { deployments: namesOf(found), images: imagesOf(found) });
        }
      } finally {
        await api.close();
        rmSync(home, { recursive: true });
      }
      expect(commands.map(([verb]) => verb)).toEqual([
        ...['install', 'upgrade', 'upgrade', 'upgrade', 'upgrade', 'upgrade', 'rollback', 'uninstall'],
      ]);
      const after = (part: string) =>
        [...seen].find(([command]) => command.includes(part))![1] as { deployments: string[]; images: string[] };
      expect(after('install relais').deployments).toEqual([
        'relais-alerting',
        'relais-auth',
        'relais-gateway',
        'relais-messaging',
      ]);
      expect(after('registry.local').images.every((image) => image.startsWith('registry.local:5000/'))).toBe(true);
      expect(after('uninstall').deployments).toEqual([]);
    },
    DEADLINE_MS,
  );
});
