import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SUBPROTOCOL } from '@relais/contracts';
import { WebSocket } from 'ws';
import { World } from '../world/world.js';
import { type Beginning, PeopleServer } from './people-server.js';

const K6 = resolve(import.meta.dirname, '../../k6');
const TSC = resolve(import.meta.dirname, '../../../node_modules/.bin/tsc');
const LOAD = resolve(import.meta.dirname, '../../dist/k6/main.js');
/** What k6 ends with then. */
const THRESHOLDS_MISSED = 99;
const DEADLINE_MS = 240_000;
const PEOPLE = 8;
/** Has the module of WebSockets under the name that it keeps. */
const OLDEST = 1.06;
const [, major, minor] = /v(\d+)\.(\d+)/.exec(spawnSync('k6', ['version'], { encoding: 'utf8' }).stdout ?? '') ?? [];
const hasK6 = Number(major) + Number(minor) / 100 >= OLDEST;
if (!hasK6) console.log('k6 1.6 or newer is not on this machine: its scenarios are compiled, and not run');

it(
  'the scenarios for k6 are of the types that k6 has',
  () => {
    expect(() => execFileSync(process.execPath, [TSC, '-p', K6], { encoding: 'utf8' })).not.toThrow();
  },
  DEADLINE_MS,
);

describe('a system under k6', () => {
  let world: World;
  let people: PeopleServer;

  beforeAll(async () => {
    world = await World.start({ name: `k6-${process.pid}`, replicas: 1 });
    people = await PeopleServer.start(await world.people.atLeast(PEOPLE), await world.cluster.gatewayUrls());
  }, DEADLINE_MS);

  afterAll(async () => {
    await people?.close();
    await world?.close();
  }, DEADLINE_MS);

  const begin = async (person: number): Promise<Beginning> =>
    (await (await fetch(`${people.url}/begin?person=${person}`)).json()) as Beginning;

  it('lets somebody in with the frame that was signed for them, once', async () => {
    const { url, hello, conversationId } = await begin(3);
    const said = async () => {
      const socket = new WebSocket(url, SUBPROTOCOL);
      await new Promise((opened) => socket.once('open', opened));
      const first = new Promise<string>((heard) => {
        socket.once('message', (data: Buffer) => heard((JSON.parse(data.toString()) as { type: string }).type));
        socket.once('close', () => heard('closed'));
      });
      socket.send(hello);
      return first.finally(() => socket.terminate());
    };

    expect(await said()).toBe('ready');
    expect(await said()).not.toBe('ready');
    expect((await begin(2)).conversationId).toBe(conversationId);
    expect((await begin(3 + PEOPLE)).conversationId).toBe(conversationId);
  });

  it('has people by one command', async () => {
    const { organization, email, password } = world.people.login;
    const gateways = (await world.cluster.gatewayUrls()).join();
    const where = ['--gateways', gateways, '--organization', organization, '--email', email];
    const load = spawn(process.execPath, [LOAD, ...where, '--people', '2', '--port', '0'], {
      ...{ env: { ...process.env, PASSWORD: password }, stdio: ['ignore', 'pipe', 'inherit'] },
    });
    const said = await new Promise<string>((heard) => load.stdout!.setEncoding('utf8').once('data', heard));
    const url = /^2 people are at (\S+)/.exec(said)?.[1];
    const begin = (await (await fetch(`${url}/begin?person=1`)).json()) as Beginning;
    const ended = new Promise((end) => load.once('exit', end));
    load.kill('SIGTERM');

    expect(begin.hello).toContain('"type":"hello"');
    expect(await ended).toBe(0);
  });

  (hasK6 ? it : it.skip)('has failed when nobody could come in', async () => {
    const nowhere = ['-e', 'PEOPLE=2', '-e', 'SECONDS=1', '-e', 'PEOPLE_URL=http://127.0.0.1:9'];
    const { status, stdout } = spawnSync('k6', ['run', '--no-usage-report', ...nowhere, `${K6}/relais.ts`], {
      encoding: 'utf8',
    });

    expect(status).toBe(THRESHOLDS_MISSED);
    expect(stdout).toMatch(/✗ 'rate>0.999' rate=0.00%/);
    expect(stdout).toMatch(/✗ 'count>0' count=0/);
  });

  (hasK6 ? it : it.skip).each(['steady', 'spike', 'storm', 'alarm'])(
    'goes through %s',
    async (scenario) => {
      const summary = join(mkdtempSync(join(tmpdir(), 'relais-k6-')), 'summary.json');
      const set = [`SCENARIO=${scenario}`, `PEOPLE=${PEOPLE}`, 'SECONDS=10', 'EVERY=2', `PEOPLE_URL=${people.url}`];
      const args = ['run', '--quiet', '--no-usage-report', '--no-thresholds', '--summary-export', summary];
      // Not in step with it: what signs for it is in this process.
      await promisify(execFile)('k6', [...args, ...set.flatMap((one) => ['-e', one]), `${K6}/relais.ts`]);

      // A busy test machine keeps no promise about time; that people come in and are heard it has to keep.
      const { metrics } = JSON.parse(readFileSync(summary, 'utf8')) as {
        metrics: Record<string, Record<string, number>>;
      };
      rmSync(dirname(summary), { recursive: true });
      const value = (metric: string, of: string) => metrics[metric]?.[of];
      expect(value('relais_connected', 'value')).toBe(1);
      expect(value('relais_accepted', 'value')).toBe(1);
      expect(value('relais_delivery_time', 'max')).toBeGreaterThan(0);
      if (scenario === 'alarm') expect(value('relais_alarms_heard', 'count')).toBe(PEOPLE);
    },
    DEADLINE_MS,
  );
});
