import { createHmac } from 'node:crypto';
import {
  answerJson,
  HttpProvider,
  MailServer,
  MISBEHAVIOURS,
  type ReceivedRequest,
  WebPushServer,
} from '@relais/testing';
import { REPORTS_URL, SendersWorld } from './senders-world.js';

const PHONE = { kind: 'phone', number: '+4915112345678' } as const;
const TOKEN = 'auth token';

describe('the ways out of the server', () => {
  let twilio: HttpProvider;
  let mail: MailServer;
  let pushes: WebPushServer;
  let world: SendersWorld;

  beforeEach(async () => {
    [twilio, mail, pushes] = await Promise.all([
      HttpProvider.start((_, response) => answerJson(response, 201, { sid: 'SM1' })),
      MailServer.start({ tls: 'none' }),
      WebPushServer.start(),
    ]);
    world = await SendersWorld.open({
      ...{ SMS_PROVIDER: 'twilio', TWILIO_URL: twilio.url, TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: TOKEN },
      ...{ TWILIO_FROM: '+49301', SMTP_URL: mail.url, SMTP_FROM: 'alarms@relais.example', PRIVATE_HOSTS: '127.0.0.1' },
      ...{ VAPID_PRIVATE_KEY: 'rTpPVlkkYgXOdJEvnvAJv4mb7_b5Zjqf0Qm4oK5gXtU', VAPID_SUBJECT: 'mailto:a@b.example' },
      ...{ SMS_PER_SECOND: '1', ALARM_URL: 'https://app.example/alarms/{id}' },
    });
  }, 30_000);
  afterEach(async () => {
    await world.close();
    await Promise.all([twilio.stop(), mail.stop(), pushes.stop()]);
  });

  const form = ({ body }: ReceivedRequest) => Object.fromEntries(new URLSearchParams(body.toString()));
  const texts = () => twilio.received.map((request) => form(request)['Body'] ?? '');
  const many = async (count: number, userId = world.person(PHONE)) => {
    const ids: string[] = [];
    for (let at = 0; at < count; at++) ids.push(await world.queue(userId, 'sms', { title: `Alarm ${at}` }));
    return ids;
  };
  const states = (ids: readonly string[]) => Promise.all(ids.map((id) => world.stateOf(id)));
  const tally = async (ids: readonly string[]) =>
    Object.fromEntries(
      [...Map.groupBy(await states(ids), (state) => state)].map(([state, all]) => [state, all.length]),
    );

  it('carry as much of an alarm as the organization lets out, and a link', async () => {
    const person = world.person(PHONE);
    for (const outside of ['nothing', 'title', 'text'] as const) {
      await world.settings(outside);
      await world.queue(person, 'sms');
      await world.send();
    }

    expect(texts().map((text) => text.split(' https:')[0])).toEqual([
      'ALARM: Open the app to see it',
      'ALARM: Fire',
      'ALARM: Fire. Hall 3',
    ]);
    expect(texts()[0]).toMatch(/https:\/\/app\.example\/alarms\/[0-9a-f-]{36}$/);
  });

  it('reach every device by push, one address by mail, and forget what is gone', async () => {
    const [alive, gone] = [pushes.subscribe(), pushes.subscribe()];
    pushes.turn = (path) =>
      gone.endpoint.endsWith(path) ? (_, response) => void response.writeHead(410).end() : undefined;
    const person = world.person(
      { kind: 'web_push', ...alive },
      { kind: 'web_push', ...gone },
      { kind: 'email', address: 'one@clinic.example' },
      { kind: 'email', address: 'two@clinic.example' },
    );
    const [push, email] = [await world.queue(person, 'push'), await world.queue(person, 'email')];

    await world.send();

    expect(await states([push, email])).toEqual(['sent', 'sent']);
    expect(mail.received.map(({ to }) => to)).toEqual([['one@clinic.example']]);
    const left = (await world.destinations.of(world.organizationId, [person], 'push')).get(person);
    expect(left?.map(({ address }) => address)).toEqual([{ kind: 'web_push', ...alive }]);
  });

  it('that nobody has set up, or that lead nowhere, fail at once, and the ladder goes on', async () => {
    const call = await world.queue(world.person(PHONE), 'voice');
    const nowhere = await world.queue(world.person(), 'sms');

    await world.send();

    expect(await states([call, nowhere])).toEqual(['failed not_configured', 'failed no_destination']);
    expect(await world.laddersDue()).toBe(2);
  });

  it('do not wait for a provider that fails: the ladder goes on, and the provider is left out (F-36)', async () => {
    twilio.answer = MISBEHAVIOURS.silence;
    const first = [...(await many(1)), ...(await many(1)), ...(await many(1))];
    await world.send();
    const asked = twilio.received.length;
    const next = await many(1);
    await world.send();

    expect(await states(first)).toEqual(first.map(() => 'queued provider_timeout'));
    expect(await states(next)).toEqual(['failed provider_down']);
    expect([asked, twilio.received.length]).toEqual([3, 3]);
    expect(await world.laddersDue()).toBe(4);
  });

  it('do not wait for each other', async () => {
    let answer: () => void = () => undefined;
    twilio.answer = (_, response) => void (answer = () => answerJson(response, 201, { sid: 'SM1' }));
    const [slow] = await many(1);
    world.dispatcher.send(world.organizationId);
    while (twilio.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));

    const email = await world.queue(world.person({ kind: 'email', address: 'a@b.example' }), 'email');
    world.dispatcher.send(world.organizationId);
    while (mail.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = await world.stateOf(slow as string);
    answer();
    await world.dispatcher.idle();

    expect([before, ...(await states([slow as string, email]))]).toEqual(['sending', 'sent', 'sent']);
  });

  describe('to one phone', () => {
    it('take five messages in fifteen minutes and tell of the others with the last', async () => {
      const ids = await many(8);
      await world.send();

      expect(await tally(ids)).toEqual({ sent: 5, bundled: 3 });
      expect(texts().filter((text) => text.includes('(+ 3 more alarms)'))).toHaveLength(1);
    });

    it('tell later, and of all together, what came when there was no room; nothing is lost', async () => {
      const person = world.person(PHONE);
      await many(5, person);
      await world.send();
      const late = await many(3, person);
      await world.send();
      const waiting = await tally(late);
      const ladders = await world.laddersDue();
      await world.pass(901);
      await many(4, person);
      await world.send();

      expect(waiting).toEqual({ 'queued throttled': 3 });
      expect(ladders).toBe(0);
      expect(twilio.received).toHaveLength(10);
      expect(texts().filter((text) => text.includes('(+ 2 more alarms)'))).toHaveLength(1);
      expect((await states(late)).every((state) => state === 'sent' || state === 'bundled')).toBe(true);
    });

    it('are never held back for an emergency', async () => {
      const person = world.person(PHONE);
      await many(5, person);
      await world.send();
      const emergencies = [
        await world.queue(person, 'sms', { severity: 'emergency' }),
        await world.queue(person, 'sms', { severity: 'emergency' }),
      ];
      await world.send();

      expect(await states(emergencies)).toEqual(['sent', 'sent']);
    });

    it('count what was sent and not what failed', async () => {
      const person = world.person(PHONE);
      twilio.answer = (_, response) => answerJson(response, 400, { code: 21_610 });
      await many(5, person);
      await world.send();
      twilio.answer = (_, response) => answerJson(response, 201, { sid: 'SM1' });
      const ids = await many(2, person);
      await world.send();

      expect(await states(ids)).toEqual(['sent', 'sent']);
    });

    it('are the first, and not delayed, however much there is to send to others', async () => {
      const ids: string[] = [];
      for (let person = 0; person < 12; person++) ids.push(...(await many(1)));
      await world.send();

      expect(await tally(ids)).toEqual({ sent: 12 });
    });

    it('keep the pace of the installation after that', async () => {
      const people = Array.from({ length: 4 }, () => world.person(PHONE));
      for (const person of people) await many(1, person);
      await world.send();
      const ids = (await Promise.all(people.map((person) => many(3, person)))).flat();
      await world.send();

      const { sent = 0, 'queued paced': paced = 0 } = await tally(ids);
      expect(sent + paced).toBe(12);
      expect(paced).toBeGreaterThan(0);
      expect(sent).toBeGreaterThanOrEqual(5);
    });
  });

  describe('are reported on', () => {
    const report = (id: string, body: string, { secret = TOKEN, of = id } = {}) => {
      const path = (one: string) => `${REPORTS_URL}/v1/delivery-reports/twilio/${world.organizationId}/${one}`;
      const fields = [...new URLSearchParams(body)].toSorted(([a], [b]) => (a < b ? -1 : 1));
      const signature = createHmac('sha1', secret)
        .update(path(of) + fields.flat().join(''))
        .digest('base64');
      return world.reports
        .receive({
          ...{ provider: 'twilio', organizationId: world.organizationId, notificationId: id, body },
          headers: { 'x-twilio-signature': signature },
        })
        .then(
          () => 'taken',
          (error: { code: string }) => error.code,
        );
    };
    const sendOne = async () => {
      const [id] = (await many(1)) as [string];
      await world.send();
      return id;
    };

    it('by a signed word of the provider, once: a repetition changes nothing, and neither does what comes too late (F-36)', async () => {
      const id = await sendOne();
      expect(form(twilio.received[0] as ReceivedRequest)['StatusCallback']).toContain(id);

      const answers = await Promise.all(Array.from({ length: 5 }, () => report(id, 'MessageStatus=delivered')));
      const [first] = await world.ask<{ received_at: Date }>(`SELECT received_at FROM notification WHERE id = '${id}'`);
      answers.push(await report(id, 'MessageStatus=undelivered'), await report(id, 'MessageStatus=delivered'));
      const [last] = await world.ask<{ received_at: Date }>(`SELECT received_at FROM notification WHERE id = '${id}'`);

      expect(new Set(answers)).toEqual(new Set(['taken']));
      expect(await world.stateOf(id)).toBe('received');
      expect(last?.received_at).toEqual(first?.received_at);
      expect(await world.laddersDue()).toBe(0);
    });

    it('and a forged word is refused (F-36)', async () => {
      const [id, other] = [await sendOne(), await sendOne()];

      expect(await report(id, 'MessageStatus=delivered', { secret: 'guessed' })).toBe('report_refused');
      expect(await report(id, 'MessageStatus=delivered', { of: other })).toBe('report_refused');
      expect(await world.stateOf(id)).toBe('sent');
    });

    it('as not delivered, and the ladder goes on', async () => {
      const id = await sendOne();
      await report(id, 'MessageStatus=undelivered&ErrorCode=30003');
      await report(id, 'MessageStatus=undelivered&ErrorCode=30003');

      expect(await world.stateOf(id)).toBe('failed undeliverable');
      expect(await world.laddersDue()).toBe(1);
    });

    it('and what nobody sent is taken and changes nothing', async () => {
      expect(await report('0198a1b2-0000-7000-8000-00000000000a', 'MessageStatus=delivered')).toBe('taken');
    });
  });
});
