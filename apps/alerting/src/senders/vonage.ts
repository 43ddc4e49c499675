import { hash, randomUUID } from 'node:crypto';
import type { OutboundAnswer } from '@relais/security';
import { importPKCS8, jwtVerify, SignJWT } from 'jose';
import { KeptToken } from './kept-token.js';
import type { DeliveryReport, PhoneMessage, PhoneSender, ReceivedReport, ReportReader } from './phone.js';
import { jsonOf, ofProvider, type ProviderClient } from './provider-client.js';
import { failed, sent, type Sent } from './sent.js';

const TOKEN_SECONDS = 900;
const EARLY_MS = 60_000;

export interface VonageOptions {
  /** https://api.nexmo.com, or the region's. */
  url: string;
  applicationId: string;
  /** Of the application, PKCS #8, PEM. */
  privateKey: string;
  /** Of the account: what signs the reports. */
  signatureSecret: string;
  from: string;
}

/** Vonage: Messages API and Voice API, with the token of an application. */
export class Vonage implements PhoneSender, ReportReader {
  private readonly tokens = new KeptToken(() => this.sign());

  constructor(
    private readonly client: ProviderClient,
    private readonly options: VonageOptions,
  ) {}

  async send(message: PhoneMessage): Promise<Sent> {
    const { jwt } = await this.tokens.get();
    const headers = { authorization: `Bearer ${jwt}`, 'content-type': 'application/json', accept: 'application/json' };
    const body = JSON.stringify(message.kind === 'sms' ? this.text(message) : this.call(message));
    const address = `${this.options.url}/v1/${message.kind === 'sms' ? 'messages' : 'calls'}`;
    return this.client.ask(address, { method: 'POST', headers, body }, understand);
  }

  /** A JWT by the secret of the account, which names the hash of what was sent. */
  async read({ body, headers }: ReceivedReport): Promise<DeliveryReport | null> {
    const token = headers['authorization']?.replace(/^Bearer /i, '') ?? '';
    try {
      const key = new TextEncoder().encode(this.options.signatureSecret);
      const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], maxTokenAge: '5m', clockTolerance: 60 });
      if (payload['payload_hash'] !== hash('sha256', body)) return null;
    } catch {
      return null;
    }
    return reportOf(jsonOf({ body: Buffer.from(body) })?.['status']);
  }

  private text({ id, to, text, reportUrl }: PhoneMessage) {
    return {
      ...{ channel: 'sms', message_type: 'text', to: to.slice(1), from: this.options.from, text, client_ref: id },
      ...(reportUrl ? { webhook_url: reportUrl, webhook_version: 'v1' } : {}),
    };
  }

  /** Said twice. Whether a person or a machine has taken it is found out: a machine has told nobody. */
  private call({ to, text, language, reportUrl }: PhoneMessage) {
    return {
      ...{ to: [{ type: 'phone', number: to.slice(1) }], from: { type: 'phone', number: this.options.from } },
      ...{ ncco: [{ action: 'talk', text, language, loop: 2 }], ringing_timer: 30, machine_detection: 'continue' },
      ...(reportUrl ? { event_url: [reportUrl], event_method: 'POST' } : {}),
    };
  }

  private async sign() {
    const { applicationId, privateKey } = this.options;
    const jwt = await new SignJWT({ application_id: applicationId })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_SECONDS}s`)
      .sign(await importPKCS8(privateKey, 'RS256'));
    return { jwt, untilMs: Date.now() + TOKEN_SECONDS * 1_000 - EARLY_MS };
  }
}

function understand(answer: OutboundAnswer): Sent {
  if (answer.status >= 200 && answer.status < 300) {
    const said = jsonOf(answer);
    const id = said?.['message_uuid'] ?? said?.['uuid'];
    return typeof id === 'string' ? sent(id) : failed('bad_answer');
  }
  // 422: the request is understood, and this number takes nothing.
  if (answer.status === 422) return failed('undeliverable');
  return ofProvider(answer);
}

function reportOf(status: unknown): DeliveryReport {
  if (status === 'delivered' || status === 'read' || status === 'human') return 'reached';
  const over = ['rejected', 'undeliverable', 'machine', 'busy', 'failed', 'timeout', 'unanswered', 'cancelled'];
  return typeof status === 'string' && over.includes(status) ? 'undeliverable' : 'nothing_new';
}
