import type { Senders } from '../senders/senders.js';
import { wordsOf } from '../senders/words.js';
import { type CodeMessage, CodeSender } from './code-sender.js';

const inEnglish = (code: string): string => `${code} is your code for Relais`;
const SAYS: Readonly<Record<string, (code: string) => string>> = {
  de: (code) => `${code} ist Ihr Code für Relais`,
  fr: (code) => `${code} est votre code pour Relais`,
};

/** Codes go by the ways that alarms go: what they show is that an alarm would come there, too. */
export class SendersCodeSender extends CodeSender {
  constructor(private readonly senders: Pick<Senders, 'email' | 'phone'>) {
    super();
  }

  override async send({ id, address, code, locale }: CodeMessage): ReturnType<CodeSender['send']> {
    const { language } = wordsOf(locale);
    const text = (SAYS[language.slice(0, 2)] ?? inEnglish)(code);
    const outcome =
      address.kind === 'email'
        ? await this.senders.email(address, { id, subject: text, text: `${text}\n`, isUrgent: true })
        : await this.senders.phone({ id, kind: 'sms', to: address.number, text, language }, null);
    if (outcome.state === 'sent') return 'sent';
    return outcome.state === 'failed' && outcome.problem === 'not_configured' ? 'not_configured' : 'failed';
  }
}
