import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { listening } from './listening.js';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** As it came: headers, an empty line, the text. */
  source: string;
  isEncrypted: boolean;
}

export interface MailServerOptions {
  host?: string;
  tls: 'none' | 'starttls' | 'implicit';
  user?: string;
  password?: string;
}

/** A real SMTP server that keeps what it is given. */
export class MailServer {
  readonly received: ReceivedMail[] = [];
  /** Thrown at whoever wants to write to this address: an SMTP reply. */
  refuse: (address: string) => { responseCode: number; message: string } | undefined = () => undefined;
  private readonly server: SMTPServer;
  private port = 0;

  private constructor(
    private readonly options: MailServerOptions,
    private readonly folder: string,
  ) {
    this.server = new SMTPServer(this.settings());
    this.server.on('error', () => undefined);
  }

  static async start(options: MailServerOptions): Promise<MailServer> {
    const server = new MailServer(options, mkdtempSync(join(tmpdir(), 'relais-mail-')));
    server.port = Number(new URL(await listening(server.server.server, options.host)).port);
    return server;
  }

  get url(): string {
    const { host = '127.0.0.1', tls, user, password } = this.options;
    const login = user ? `${user}:${encodeURIComponent(password ?? '')}@` : '';
    return `${tls === 'implicit' ? 'smtps' : 'smtp'}://${login}${host}:${this.port}`;
  }

  /** The certificate that it is known by. */
  get caFile(): string {
    return join(this.folder, 'cert.pem');
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private settings(): SMTPServerOptions {
    const { tls, user, password } = this.options;
    return {
      secure: tls === 'implicit',
      ...(tls === 'none' ? {} : this.certificate()),
      disabledCommands: [...(tls === 'starttls' ? [] : ['STARTTLS']), ...(user ? [] : ['AUTH'])],
      onAuth: (auth, _, done) =>
        auth.username === user && auth.password === password ? done(null, { user }) : done(new Error('wrong')),
      onRcptTo: ({ address }, _, done) => {
        const refusal = this.refuse(address);
        done(refusal ? Object.assign(new Error(refusal.message), refusal) : null);
      },
      onData: (stream, { envelope, secure }, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const from = envelope.mailFrom ? envelope.mailFrom.address : '';
          const to = envelope.rcptTo.map(({ address }) => address);
          this.received.push({ from, to, source: Buffer.concat(chunks).toString(), isEncrypted: secure });
          done();
        });
      },
    };
  }

  private certificate() {
    const { host = '127.0.0.1' } = this.options;
    const [key, cert] = [join(this.folder, 'key.pem'), join(this.folder, 'cert.pem')];
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const about = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=IP:${host}`];
    execFileSync('openssl', [...request, ...about, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  }
}
