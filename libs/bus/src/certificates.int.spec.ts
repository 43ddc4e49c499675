import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as dial, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@relais/observability';
import { eventually } from '../test/world.js';
import { type BusConnection, connectNats } from './index.js';

/** Where Debian puts it is not on everybody's PATH. */
const START = 'PATH=$PATH:/usr/sbin:/usr/local/sbin exec nats-server -c "$0"';

describe('a connection to a NATS whose certificate is renewed', () => {
  const home = mkdtempSync(join(tmpdir(), 'relais-certificates-'));
  const caFile = join(home, 'ca.crt');
  let port: number;
  let server: ChildProcess;
  let connection: BusConnection;

  beforeAll(async () => (port = await freePort()));
  afterAll(async () => {
    await connection?.close();
    await end();
    rmSync(home, { recursive: true });
  });

  /** A certificate that is its own authority. */
  function renew(): void {
    const made = ['-keyout', join(home, 'tls.key'), '-out', caFile, '-days', '2', '-subj', `/CN=localhost`];
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...made];
    execFileSync('openssl', [...args, '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' });
  }

  async function start(): Promise<void> {
    const tls = `tls { cert_file: "${caFile}", key_file: "${join(home, 'tls.key')}" }`;
    writeFileSync(join(home, 'nats.conf'), `listen: "127.0.0.1:${port}"\n${tls}\n`);
    server = spawn('sh', ['-c', START, join(home, 'nats.conf')], { stdio: 'ignore' });
    await eventually(() => isListening(port));
  }

  async function end(): Promise<void> {
    const exited = once(server, 'exit');
    server.kill('SIGTERM');
    await exited;
  }

  const connected = (file: string) =>
    connectNats({ url: `tls://localhost:${port}`, service: 'desk', replica: 'desk-1', caFile: file, log: silentLog });

  it('comes back by the authority that is in the file then', async () => {
    renew();
    await start();
    connection = await connected(caFile);
    await end();
    await eventually(() => !connection.isUp());

    renew();
    await start();

    await eventually(() => connection.isUp(), 20_000);
  }, 60_000);

  it('is not tried where the file is not there', async () => {
    await expect(connected(join(home, 'nowhere.crt'))).rejects.toThrow('nowhere.crt');
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
