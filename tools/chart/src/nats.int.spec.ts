import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newUserKey } from '@relais/bus';
import { render, type Rendering } from './helm.js';
import { named, podOf } from './kubernetes.js';

/** Debian has it where no PATH of ours leads. */
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

describe('the configuration of the bundled NATS', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'relais-nats-'))));
  afterEach(() => rmSync(home, { recursive: true }));

  /** What a real server says of it, with variables as the pod has them. */
  function judge(rendering: Rendering, change = (text: string) => text): { ok: boolean; said: string } {
    const objects = render(rendering);
    const { data } = named(objects, 'ConfigMap', 'm-nats') as unknown as { data: Record<string, string> };
    const file = join(home, 'nats.conf');
    writeFileSync(file, change(data['nats.conf']!.replaceAll('/data', home).replaceAll('/run/nats', home)));
    const [container] = podOf(named(objects, 'StatefulSet', 'm-nats'))!.containers;
    const given = (container!.env ?? []).map(({ name }) => [
      name,
      name.endsWith('_NKEY') ? newUserKey().publicKey : 'r12e5-_x',
    ]);
    const env = { ...Object.fromEntries(given), PATH };
    const { status, stdout, stderr } = spawnSync('nats-server', ['-t', '-c', file], { encoding: 'utf8', env });
    return { ok: status === 0, said: `${stdout}${stderr}` };
  }

  it.each([
    ['of one server', {}],
    ['of three', { set: ['nats.replicas=3'] }],
  ])('%s is accepted by a real server, with the keys and permissions of every service (D9)', (_, rendering) => {
    expect(judge(rendering)).toMatchObject({ ok: true });
  });

  it('is refused where it is broken, so that the above means something', () => {
    expect(judge({}, (text) => text.replace('nkey: $AUTH_NKEY', 'nkey: $NOBODY_NKEY'))).toMatchObject({ ok: false });
  });
});
