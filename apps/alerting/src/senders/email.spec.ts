import { readFileSync } from 'node:fs';
import { MailServer, type MailServerOptions, TcpProxy } from '@relais/testing';
import { someAlarm } from '../../test/some-alarm.js';
import { EmailSender } from './email.js';
import type { AlarmMessage } from './messages.js';
import { mailText } from './words.js';

const mail = (message: AlarmMessage, locale: string) => ({
  id: message.id,
  ...mailText(message, locale),
  isUrgent: true,
});
const address = { kind: 'email', address: 'doctor@clinic.example' } as const;
/** As another machine's: 127.0.0.2 is not taken for this one. */
const ELSEWHERE = '127.0.0.2';

describe('a mail', () => {
  const opened: { stop(): unknown }[] = [];
  const serve = async (options: MailServerOptions): Promise<MailServer> => {
    const server = await MailServer.start(options);
    opened.push(server);
    return server;
  };
  const mailer = (url: string, more: object = {}): EmailSender => {
    const sender = new EmailSender({ url, from: 'Relais <alarms@relais.example>', timeoutMs: 1_000, ...more });
    opened.push({ stop: () => sender.close() });
    return sender;
  };
  afterEach(async () => {
    for (const part of opened.splice(0).toReversed()) await part.stop();
  });

  it('is plain text with a link, known by the notification, and answered by no machine', async () => {
    const server = await serve({ tls: 'none' });

    const outcome = await mailer(server.url).send(
      address,
      mail(someAlarm({ title: 'Störung\r\nBcc: x@y.z', more: 2 }), 'de'),
    );

    expect(outcome).toEqual({ state: 'sent', providerId: `${someAlarm().id}@relais.example` });
    const [got] = server.received as [(typeof server.received)[0]];
    expect([got.from, got.to]).toEqual(['alarms@relais.example', ['doctor@clinic.example']]);
    expect(got.source).toMatch(new RegExp(`^Message-ID: <${someAlarm().id}@relais.example>`, 'mi'));
    expect(got.source).toMatch(/^Auto-Submitted: auto-generated/im);
    expect(got.source).toMatch(/^Content-Type: text\/plain/im);
    expect(got.source).toContain('https://app.example/alarms/1');
    expect(got.source).toContain('2 weitere Alarme');
    expect(got.source).not.toMatch(/^Bcc:/im);
  });

  it.each(['starttls', 'implicit'] as const)('to another machine is encrypted: %s', async (tls) => {
    const server = await serve({ host: ELSEWHERE, tls, user: 'relais', password: 'p@ss/word' });
    const sender = mailer(server.url, { ca: readFileSync(server.caFile, 'utf8') });

    expect((await sender.send(address, mail(someAlarm(), 'en'))).state).toBe('sent');
    expect(server.received.map(({ isEncrypted }) => isEncrypted)).toEqual([true]);
  });

  it('is not sent in the clear, nor to who only says to be the server (A-54)', async () => {
    const plain = await serve({ host: ELSEWHERE, tls: 'none' });
    const unknown = await serve({ host: ELSEWHERE, tls: 'starttls' });

    expect(await mailer(plain.url).send(address, mail(someAlarm(), 'en'))).toMatchObject({
      problem: 'provider_refused',
    });
    expect((await mailer(unknown.url).send(address, mail(someAlarm(), 'en'))).state).not.toBe('sent');
    expect([...plain.received, ...unknown.received]).toEqual([]);
  });

  it('is for one person, whatever stands in the address', async () => {
    const server = await serve({ tls: 'none' });

    await mailer(server.url).send({ kind: 'email', address: 'a@b.example, c@d.example' }, mail(someAlarm(), 'en'));

    expect(server.received.flatMap(({ to }) => to).length).toBeLessThanOrEqual(1);
  });

  it.each([
    [550, { state: 'failed', problem: 'undeliverable' }],
    [552, { state: 'failed', problem: 'too_large' }],
    [451, { state: 'queued', problem: 'provider_busy', retrySeconds: 30 }],
  ])('that is answered with %i is understood', async (responseCode, outcome) => {
    const server = await serve({ tls: 'none' });
    server.refuse = () => ({ responseCode, message: 'no' });

    expect(await mailer(server.url).send(address, mail(someAlarm(), 'en'))).toEqual(outcome);
  });

  it('with a wrong password is refused', async () => {
    const server = await serve({ tls: 'none', user: 'relais', password: 'right' });
    const url = server.url.replace('right', 'wrong');

    expect(await mailer(url).send(address, mail(someAlarm(), 'en'))).toEqual({
      state: 'failed',
      problem: 'provider_refused',
    });
  });

  it('waits for no server that is away or silent', async () => {
    const server = await serve({ tls: 'none' });
    const proxy = await TcpProxy.open(server.url.replace('smtp:', 'http:'));
    opened.push({ stop: () => proxy.close() });
    proxy.freeze();
    const silent = mailer(proxy.url.replace('http:', 'smtp:'), { timeoutMs: 300 });

    expect(await mailer('smtp://127.0.0.1:1').send(address, mail(someAlarm(), 'en'))).toMatchObject({
      state: 'queued',
      problem: 'provider_down',
    });
    expect(await silent.send(address, mail(someAlarm(), 'en'))).toMatchObject({
      state: 'queued',
      problem: 'provider_timeout',
    });
  });
});
