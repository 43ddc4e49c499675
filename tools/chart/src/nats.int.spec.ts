import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newUserKey } from '@relais/bus';
import { parse } from 'yaml';
import { CHART, render, type Rendering, workspace } from './helm.js';
import { allContainers, named, podOf } from './kubernetes.js';

/** Debian has it where no PATH of ours leads. */
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

/** What the server of Debian, 2.9, does not know and that of the chart does, since 2.10. */
const NEWER = ' sync_interval: always,';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'relais-nats-'))));
afterEach(() => rmSync(home, { recursive: true }));

/** What a real server says of a configuration. */
function verdictOn(text: string, env: Record<string, string>): { ok: boolean; said: string } {
  const file = join(home, 'nats.conf');
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync('nats-server', ['-t', '-c', file], {
    encoding: 'utf8',
    env: { ...env, PATH },
  });
  return { ok: status === 0, said: `${stdout}${stderr}` };
}

describe('the configuration of the bundled NATS', () => {
  /** What a real server says of it, with variables as the pod has them. */
  function judge(rendering: Rendering, change = (text: string) => text): { ok: boolean; said: string } {
    const objects = render(rendering);
    const { data } = named(objects, 'ConfigMap', 'm-nats') as unknown as { data: Record<string, string> };
    const [container] = podOf(named(objects, 'StatefulSet', 'm-nats'))!.containers;
    const given = (container!.env ?? []).map(({ name }) => [
      name,
      name.endsWith('_NKEY') ? newUserKey().publicKey : 'r12e5-_x',
    ]);
    const here = data['nats.conf']!.replace(NEWER, '').replaceAll('/data', home).replaceAll('/run/nats', home);
    return verdictOn(change(here), Object.fromEntries(given) as Record<string, string>);
  }

  it.each([
    ['of one server', {}],
    ['of three', { set: ['nats.replicas=3'] }],
  ])('%s is accepted by a real server, with the keys and permissions of every service (D9)', (_, rendering) => {
    expect(judge(rendering)).toMatchObject({ ok: true });
  });

  it('acknowledges an event when it is on the disk, as that of k8s/production does', () => {
    const { data } = named(render({}), 'ConfigMap', 'm-nats') as unknown as { data: Record<string, string> };
    expect(data['nats.conf']).toMatch(/^jetstream \{.* sync_interval: always, /m);
    const external = parse(readFileSync(join(workspace, 'k8s/production/nats-values.yaml'), 'utf8')) as {
      config: { jetstream: { merge: object } };
    };
    expect(external.config.jetstream.merge).toEqual({ sync_interval: 'always' });
  });

  it('is refused where it is broken, so that the above means something', () => {
    expect(judge({}, (text) => text.replace('nkey: $AUTH_NKEY', 'nkey: $NOBODY_NKEY'))).toMatchObject({ ok: false });
  });
});

describe('the users of an external NATS, in k8s/production', () => {
  const PRODUCTION = join(workspace, 'k8s', 'production');
  const read = (name: string): string => readFileSync(join(PRODUCTION, name), 'utf8');
  const { config, container } = JSON.parse(read('nats-users.json')) as {
    config: { merge: { authorization: { users: { nkey: string; permissions: object }[] } } };
    container: { env: Record<string, { valueFrom: { secretKeyRef: { name: string; key: string } } }> };
  };
  const { merge } = (parse(read('nats-values.yaml')) as { config: { merge: object } }).config;
  /** As the chart of NATS writes it: what is between `<<` and `>>` stands without quotes. */
  const text = JSON.stringify({ ...merge, ...config.merge }).replaceAll(/"<< (\$?\w+) >>"/g, '$1');
  const given = () => Object.fromEntries(Object.keys(container.env).map((name) => [name, newUserKey().publicKey]));

  it('are accepted by a real server, and may do what those of the bundled one may', () => {
    expect(verdictOn(text, given())).toMatchObject({ ok: true });
    const bundled = readFileSync(join(CHART, 'files', 'nats-permissions.json'), 'utf8');
    const may = Object.values(JSON.parse(bundled) as Record<string, { publish: string[]; subscribe: string[] }>);
    expect(config.merge.authorization.users.map(({ permissions }) => permissions)).toEqual(
      may.map(({ publish, subscribe }) => ({
        publish: { allow: publish },
        subscribe: { allow: subscribe },
        allow_responses: { max: 1, expires: '1m' },
      })),
    );
  });

  it('are refused without the public key of one of them', () => {
    expect(verdictOn(text, { ...given(), AUTH_NKEY: '' })).toMatchObject({ ok: false });
  });

  it('have their keys from the secret that the guide makes of those of the services', () => {
    const guide = read('README.md');
    for (const [name, { valueFrom }] of Object.entries(container.env)) {
      expect(valueFrom.secretKeyRef).toEqual({ name: 'relais-nats-users', key: name });
      expect(guide).toContain(`--from-literal=${name}="$(key ${name.replace('_NKEY', '').toLowerCase()})"`);
    }
    const values = parse(read('relais-values.yaml')) as object;
    const containers = allContainers(render({ release: 'relais', files: ['profiles/ha.yaml'], values }));
    const { value = '[]' } = containers.flatMap(({ env = [] }) => env).find(({ name }) => name === 'SECRETS_PLAN')!;
    const made = (JSON.parse(value) as { name: string; keys: object }[]).filter(({ keys }) => 'NATS_NKEY' in keys);
    expect(made.map(({ name }) => `${name.replace('relais-', '').toUpperCase()}_NKEY`).toSorted()).toEqual(
      Object.keys(container.env),
    );
  });
});
