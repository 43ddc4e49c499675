import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

const PROVIDER = join(import.meta.dirname, '../../../../examples/identity-provider.mjs');

/** A real server of the first channel that can be taken away, and comes back at the same place. */
abstract class Standing {
  port = 0;
  abstract start(): Promise<void>;
  abstract stop(): Promise<void>;
}

export class StandingWebServer extends Standing {
  private server: Server | undefined;

  constructor(readonly answer: RequestListener) {
    super();
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.server = createServer(this.answer).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
    this.server = undefined;
  }
}

export class StandingMailServer extends Standing {
  private server: SMTPServer | undefined;

  constructor(private readonly options: SMTPServerOptions = {}) {
    super();
  }

  async start(): Promise<void> {
    this.server = new SMTPServer({ logger: false, authOptional: true, ...this.options });
    this.server.on('error', () => undefined);
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server.server, 'listening');
    this.port = (this.server.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
    this.server = undefined;
  }
}

/** The OpenID Connect provider of the examples, as a process of its own. */
export class StandingIdentityProvider extends Standing {
  private child: ChildProcess | undefined;

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    if (this.port === 0) this.port = await freePort();
    const args = [String(this.port), 'http://127.0.0.1:1/back'];
    this.child = fork(PROVIDER, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: ['--no-warnings'] });
    await once(this.child, 'message');
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/** Says whatever the test wants to whoever connects. */
export async function talker(talk: (socket: Socket) => void): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server: TcpServer = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    talk(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

async function freePort(): Promise<number> {
  const { port, close } = await talker(() => undefined);
  close();
  return port;
}

/** A certificate for localhost that this process trusts from now on. */
export function trustedCertificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'relais-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key],
        ...['-out', cert, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ],
      { stdio: 'ignore' },
    );
    const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    setDefaultCACertificates([...getCACertificates('default'), pair.cert]);
    return pair;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
