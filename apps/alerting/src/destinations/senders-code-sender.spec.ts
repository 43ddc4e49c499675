import { newId } from '@relais/kernel';
import type { Mail } from '../senders/email.js';
import type { PhoneMessage } from '../senders/phone.js';
import { failed, later, sent, type Sent } from '../senders/sent.js';
import { SendersCodeSender } from './senders-code-sender.js';

const messageTo = (
  address: { kind: 'email'; address: string } | { kind: 'phone'; number: string },
  locale = 'de-DE',
) => ({
  ...{ organizationId: newId<never>(), id: newId(), address, code: '012345', locale },
});

describe('a code', () => {
  const told: string[] = [];
  let outcome: Sent;
  const senders = {
    email: ({ address }: { address: string }, { subject }: Mail) => {
      told.push(`${address}: ${subject}`);
      return Promise.resolve(outcome);
    },
    phone: ({ kind, to, text }: Omit<PhoneMessage, 'reportUrl'>) => {
      told.push(`${kind} ${to}: ${text}`);
      return Promise.resolve(outcome);
    },
  };
  const sender = new SendersCodeSender(senders);

  it('goes to the address itself, in the language of the person', async () => {
    outcome = sent();
    expect(await sender.send(messageTo({ kind: 'email', address: 'anna@example.org' }, 'fr'))).toBe('sent');
    expect(await sender.send(messageTo({ kind: 'phone', number: '+4915112345678' }))).toBe('sent');

    expect(told).toEqual([
      'anna@example.org: 012345 est votre code pour Relais',
      'sms +4915112345678: 012345 ist Ihr Code für Relais',
    ]);
  });

  it('that did not leave is said not to have left: whoever waits for it tries again', async () => {
    const to = messageTo({ kind: 'phone', number: '+4915112345678' });
    for (const [came, said] of [
      [failed('not_configured'), 'not_configured'],
      [failed('undeliverable'), 'failed'],
      [later('provider_busy', 30), 'failed'],
      [{ state: 'gone' }, 'failed'],
    ] as const) {
      outcome = came;
      expect(await sender.send(to)).toBe(said);
    }
  });
});
