import { createHmac } from 'node:crypto';
import { equalsInConstantTime, type OutboundAnswer } from '@relais/security';
import type { DeliveryReport, PhoneMessage, PhoneSender, ReceivedReport, ReportReader } from './phone.js';
import { jsonOf, ofProvider, type ProviderClient } from './provider-client.js';
import { failed, sent, type Sent } from './sent.js';

export interface TwilioOptions {
  /** https://api.twilio.com, or the region's. */
  url: string;
  accountSid: string;
  authToken: string;
  /** A number, or for messages the id of a messaging service (MG…). */
  from: string;
}

/** That nothing will arrive at this number, whatever is tried: error codes of Twilio. */
const UNDELIVERABLE = new Set([13224, 21211, 21212, 21214, 21215, 21217, 21408, 21610, 21612, 21614]);

/** Twilio: Programmable Messaging and Programmable Voice. */
export class Twilio implements PhoneSender, ReportReader {
  constructor(
    private readonly client: ProviderClient,
    private readonly options: TwilioOptions,
  ) {}

  send(message: PhoneMessage): Promise<Sent> {
    const { url, accountSid, authToken } = this.options;
    const what = message.kind === 'sms' ? 'Messages' : 'Calls';
    const headers = {
      authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    };
    const body = new URLSearchParams(message.kind === 'sms' ? this.text(message) : this.call(message)).toString();
    const address = `${url}/2010-04-01/Accounts/${accountSid}/${what}.json`;
    return this.client.ask(address, { method: 'POST', headers, body }, understand);
  }

  /** By X-Twilio-Signature: HMAC SHA-1 over the address and the sorted fields, with the account's token. */
  read({ url, body, headers }: ReceivedReport): Promise<DeliveryReport | null> {
    const fields = [...new URLSearchParams(body)];
    const signed =
      url +
      fields
        .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
        .flat()
        .join('');
    const expected = createHmac('sha1', this.options.authToken).update(signed).digest();
    const given = Buffer.from(headers['x-twilio-signature'] ?? '', 'base64');
    if (!equalsInConstantTime(given, expected)) return Promise.resolve(null);
    return Promise.resolve(reportOf(Object.fromEntries(fields)));
  }

  private text({ to, text, reportUrl }: PhoneMessage): Record<string, string> {
    const { from } = this.options;
    return {
      ...{ To: to, Body: text },
      ...(from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from }),
      ...(reportUrl ? { StatusCallback: reportUrl } : {}),
    };
  }

  /** Said twice. Whether a person or a machine has taken it is found out: a machine has told nobody. */
  private call({ to, text, language, reportUrl }: PhoneMessage): Record<string, string> {
    const twiml = `<Response><Say language="${escaped(language)}" loop="2">${escaped(text)}</Say></Response>`;
    return {
      ...{ To: to, From: this.options.from, Twiml: twiml, Timeout: '30', MachineDetection: 'Enable' },
      ...(reportUrl ? { StatusCallback: reportUrl, StatusCallbackEvent: 'completed' } : {}),
    };
  }
}

function understand(answer: OutboundAnswer): Sent {
  const said = jsonOf(answer);
  if (answer.status === 200 || answer.status === 201) {
    const sid = said?.['sid'];
    return typeof sid === 'string' ? sent(sid) : failed('bad_answer');
  }
  if (UNDELIVERABLE.has(Number(said?.['code']))) return failed('undeliverable');
  return ofProvider(answer);
}

function reportOf({ MessageStatus, CallStatus, AnsweredBy }: Record<string, string>): DeliveryReport {
  if (MessageStatus === 'delivered' || MessageStatus === 'read') return 'reached';
  if (MessageStatus === 'undelivered' || MessageStatus === 'failed') return 'undeliverable';
  if (CallStatus === 'completed') return AnsweredBy === 'human' ? 'reached' : 'undeliverable';
  if (CallStatus && ['busy', 'failed', 'no-answer', 'canceled'].includes(CallStatus)) return 'undeliverable';
  return 'nothing_new';
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (letter) => ESCAPES[letter] ?? '');
