import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Cluster, cpuSecondsOf } from '@relais/devstack';
import pg from 'pg';
import { WebSocket } from 'ws';
import { pause } from '../world/random.js';
import { type Driver, opened, type Pair } from './driver.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SOURCE = join(ROOT, '..', 'shared', 'bench', 'limit');

/** Whether the yardstick is there; it lies beside the checkout. */
export const hasLimit = (): boolean => existsSync(join(SOURCE, 'gateway.mjs'));

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** The bare path, on the cluster's PostgreSQL and with its NATS program. */
export class LimitDriver implements Driver {
  readonly name = 'bare path';
  private readonly sockets: WebSocket[] = [];

  private constructor(
    private readonly cluster: Cluster,
    private readonly children: Readonly<Record<string, ChildProcess>>,
    private readonly url: string,
    private readonly copy: string,
  ) {}

  static async start(cluster: Cluster): Promise<LimitDriver> {
    const postgresUrl = await makeDatabase(cluster);
    const natsPort = await freePort();
    const port = await freePort();
    const env = {
      PATH: process.env.PATH,
      NATS_URL: `nats://127.0.0.1:${natsPort}`,
      PG_URL: postgresUrl,
      PORT: String(port),
    };
    // Copied into the workspace, because its imports are looked for from where it lies.
    const base = join(ROOT, 'node_modules', '.cache');
    mkdirSync(base, { recursive: true });
    const copy = mkdtempSync(join(base, 'limit-'));
    cpSync(SOURCE, copy, { recursive: true });
    const run = (command: string, args: string[]) => spawn(command, args, { env, stdio: 'ignore' });
    const nats = run(readlinkSync(`/proc/${cluster.pid('nats')}/exe`), ['-a', '127.0.0.1', '-p', String(natsPort)]);
    await pause(500);
    const store = run(process.execPath, [join(copy, 'store.mjs')]);
    const gateway = run(process.execPath, [join(copy, 'gateway.mjs')]);
    await pause(1_500);
    return new LimitDriver(cluster, { nats, store, gateway }, `ws://127.0.0.1:${port}`, copy);
  }

  async pairs(count: number): Promise<Pair[]> {
    return Promise.all(Array.from({ length: count }, (_, index) => this.pair(`a${index}`, `b${index}`)));
  }

  cpuSeconds(): Record<string, number> {
    const names = [...Object.keys(this.children), 'postgres'];
    const pids = [...Object.values(this.children).map(({ pid }) => pid as number), this.cluster.pid('postgres')];
    const seconds = cpuSecondsOf(pids);
    return Object.fromEntries(names.map((name, index) => [name, seconds[index] ?? 0]));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    for (const child of Object.values(this.children)) child.kill('SIGKILL');
    await pause(200);
    rmSync(this.copy, { recursive: true, force: true });
  }

  private async pair(from: string, to: string): Promise<Pair> {
    const [writer, reader] = await Promise.all([this.connect(from), this.connect(to)]);
    const waiting = new Map<number, string>();
    let n = 0;
    const pair: Pair = {
      send: (text) => {
        waiting.set(++n, text);
        writer.send(JSON.stringify({ n, to, body: text }));
      },
      onAcknowledged: () => undefined,
      onDelivered: () => undefined,
    };
    writer.on('message', (data: Buffer) => {
      const { ack } = JSON.parse(data.toString()) as { ack: number };
      pair.onAcknowledged(waiting.get(ack) ?? '');
      waiting.delete(ack);
    });
    reader.on('message', (data: Buffer) => pair.onDelivered((JSON.parse(data.toString()) as { body: string }).body));
    return pair;
  }

  private async connect(user: string): Promise<WebSocket> {
    const socket = new WebSocket(`${this.url}/?user=${user}`);
    this.sockets.push(socket);
    await opened(socket);
    return socket;
  }
}

async function makeDatabase(cluster: Cluster): Promise<string> {
  const admin = new pg.Client({ connectionString: cluster.servers.postgresUrl });
  await admin.connect();
  await admin.query('DROP DATABASE IF EXISTS bare_path');
  await admin.query('CREATE DATABASE bare_path');
  await admin.end();
  const url = new URL(cluster.servers.postgresUrl);
  url.pathname = '/bare_path';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query('CREATE TABLE conv(id text PRIMARY KEY, last_seq bigint NOT NULL)');
  await client.query(
    'CREATE TABLE msg(conv text, seq bigint, id uuid, sender text, body text, PRIMARY KEY(conv, seq))',
  );
  await client.end();
  return url.href;
}
