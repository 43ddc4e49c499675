import type { Sent } from './sent.js';

/** What goes to a phone, as a message or spoken. */
export interface PhoneMessage {
  /** Of the notification: the key by which a repetition is known. */
  id: string;
  kind: 'sms' | 'voice';
  /** E.164, with the plus. */
  to: string;
  text: string;
  /** BCP 47, of the voice that speaks it. */
  language: string;
  /** Where the provider says what became of it; null where nothing from outside reaches this installation. */
  reportUrl: string | null;
}

/** A provider of messages and calls. */
export interface PhoneSender {
  send(message: PhoneMessage): Promise<Sent>;
}

/** What a provider says of a message or a call afterwards. `reached`: a handset has it, or a person has taken the call. */
export type DeliveryReport = 'reached' | 'undeliverable' | 'nothing_new';

/** A report as it came in: nobody has looked at it yet. */
export interface ReceivedReport {
  /** The address it was sent to, as the provider was given it. */
  url: string;
  body: string;
  headers: Readonly<Record<string, string | undefined>>;
}

export interface ReportReader {
  /** Null when it does not come from the provider. */
  read(report: ReceivedReport): Promise<DeliveryReport | null>;
}
