import type { AddressOf } from './destinations.js';
import { failed, later, sent, type Sent } from './sent.js';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
const CONNECTIONS = 5;
const AGAIN_SECONDS = 5;
const BUSY_SECONDS = 30;

export interface EmailOptions {
  /** smtps://user:password@host:465, or smtp:// and then STARTTLS; only a server on this machine may do without. */
  url: string;
  from: string;
  /** Who signs the certificate of the server, PEM, where that is nobody whom everybody knows. */
  ca?: string | undefined;
  timeoutMs: number;
}

export interface Mail {
  /** The key by which a mail server knows a repetition. */
  id: string;
  subject: string;
  text: string;
  isUrgent: boolean;
}

interface SmtpError {
  code?: string;
  responseCode?: number;
}

/** Plain mail through one server, over a few kept connections. */
export class EmailSender {
  private transport: ReturnType<typeof transportOf> | undefined;
  private readonly domain: string;

  constructor(private readonly options: EmailOptions) {
    this.domain = options.from.split('@').at(-1)?.replace('>', '') ?? 'relais.invalid';
  }

  async send({ address }: AddressOf<'email'>, { id, subject, text, isUrgent }: Mail): Promise<Sent> {
    const transport = await (this.transport ??= transportOf(this.options));
    const mail = transport.sendMail({
      from: this.options.from,
      // As an object it is one address, whatever stands in it.
      to: { name: '', address },
      messageId: `<${id}@${this.domain}>`,
      ...{ subject, text },
      priority: isUrgent ? 'high' : 'normal',
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    });
    return inTime(
      mail.then(() => sent(`${id}@${this.domain}`), ofError),
      this.options.timeoutMs,
    );
  }

  async close(): Promise<void> {
    (await this.transport)?.close();
  }
}

/** The library is loaded with the first mail: most replicas never send one. */
async function transportOf({ url, ca, timeoutMs }: EmailOptions) {
  const { createTransport } = await import('nodemailer');
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  return createTransport({
    ...{ pool: true, maxConnections: CONNECTIONS, maxMessages: Infinity },
    ...{ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (secure ? 465 : 587), secure },
    ...(LOOPBACK.includes(hostname) ? { ignoreTLS: !secure } : { requireTLS: !secure }),
    ...(ca ? { tls: { ca } } : {}),
    ...(username ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } } : {}),
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs * 2 },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
}

/** The library cannot be told to let go of a mail: whoever waits goes on without it. */
async function inTime(sending: Promise<Sent>, timeoutMs: number): Promise<Sent> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Sent>((resolve) => {
    timer = setTimeout(() => resolve(later('provider_timeout', AGAIN_SECONDS)), timeoutMs);
  });
  return Promise.race([sending, late]).finally(() => clearTimeout(timer));
}

function ofError(error: unknown): Sent {
  const { code, responseCode = 0 } = error as SmtpError;
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'ETLS') return failed('provider_refused');
  if (responseCode === 552) return failed('too_large');
  if (responseCode >= 500) return failed('undeliverable');
  if (responseCode >= 400) return later('provider_busy', BUSY_SECONDS);
  if (code === 'EENVELOPE') return failed('undeliverable');
  return later(code === 'ETIMEDOUT' ? 'provider_timeout' : 'provider_down', AGAIN_SECONDS);
}
