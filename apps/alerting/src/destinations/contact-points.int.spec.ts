import { type ContactAddress, LIMITS, putContactPoint } from '@relais/contracts';
import { AppError, newId, type UserId } from '@relais/kernel';
import { DestinationsWorld, finalCodeOf } from '../../test/destinations-world.js';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error).code,
  );
const email = (address: string): ContactAddress => ({ kind: 'email', address });
const phone = (number: string): ContactAddress => ({ kind: 'phone', number });

describe('contact points', () => {
  let world: DestinationsWorld;
  let anna: UserId;

  beforeEach(async () => {
    world = await DestinationsWorld.open();
    anna = world.person();
  });
  afterEach(() => world.close());

  const put = (by: UserId, address: ContactAddress, more: { id?: string; userId?: UserId } = {}) =>
    world.contacts.put(
      { contactPointId: (more.id ?? newId()) as never, userId: more.userId, address, locale: 'en' },
      world.device(by),
    );
  const list = async (by: UserId, userId?: UserId) => (await world.contacts.list({ userId }, world.device(by))).items;
  const send = (by: UserId, id: string) => world.codes.send({ contactPointId: id as never }, world.device(by));
  const verify = (by: UserId, id: string, code: string) =>
    world.codes.verify({ contactPointId: id as never, code }, world.device(by));
  const reached = async (path: 'email' | 'sms' | 'webhook') =>
    ((await world.destinations.of(world.organizationId, [anna], path)).get(anna) ?? []).map(({ address }) => address);
  const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

  it('of one’s own are of use once the code that came there was given back', async () => {
    const { id, isUsable } = await put(anna, email('anna@example.org'));
    const before = await reached('email');
    await send(anna, id);
    const [message] = world.codeSender.sent;
    const verified = await verify(anna, id, message?.code ?? '');

    expect([isUsable, before, verified.isUsable]).toEqual([false, [], true]);
    expect(message).toMatchObject({ address: email('anna@example.org'), code: expect.stringMatching(/^\d{6}$/) });
    expect(await reached('email')).toEqual([email('anna@example.org')]);
    expect(await codeOf(send(anna, id))).toBe('contact_point_usable');
  });

  it('let one of fifty in who give the right code back at once (A-07)', async () => {
    const { id } = await put(anna, phone('+4915112345678'));
    await send(anna, id);
    const code = world.codeSender.sent[0]?.code ?? '';

    const codes = await Promise.all(Array.from({ length: 50 }, () => finalCodeOf(() => verify(anna, id, code))));

    expect(codes.filter((one) => one === 'ok')).toHaveLength(1);
    expect(codes.filter((one) => one === 'code_refused')).toHaveLength(49);
  });

  it('look at five tries, also when fifty come at once, and then not at the right one either', async () => {
    const { id } = await put(anna, phone('+4915112345678'));
    await send(anna, id);
    const code = world.codeSender.sent[0]?.code ?? '';

    await Promise.all(Array.from({ length: 50 }, () => finalCodeOf(() => verify(anna, id, wrong(code)))));

    const [{ tries } = { tries: 0 }] = await world.ask<{ tries: number }>(
      'SELECT code_tries AS tries FROM contact_point',
    );
    expect(tries).toBe(5);
    expect(await codeOf(verify(anna, id, code))).toBe('code_refused');
  });

  it('take no code after ten minutes, of somebody else, or that was replaced by another', async () => {
    const mallory = world.person();
    const { id } = await put(anna, phone('+4915112345678'));
    await send(anna, id);
    const first = world.codeSender.sent[0]?.code ?? '';
    expect(await codeOf(verify(mallory, id, first))).toBe('code_refused');
    await world.ask(`UPDATE contact_point SET code_expires_at = now() - interval '1 s' RETURNING 1`);
    expect(await codeOf(verify(anna, id, first))).toBe('code_refused');
    await send(anna, id);
    const second = world.codeSender.sent[1]?.code ?? '';

    if (first !== second) expect(await codeOf(verify(anna, id, first))).toBe('code_refused');
    expect(await codeOf(verify(anna, id, second))).toBe('ok');
  });

  it('send a code once a minute, and ten a day, also to who takes the address away and adds it again', async () => {
    const codes: string[] = [];
    for (let at = 0; at < 12; at++) {
      const { id } = await put(anna, phone('+4915112345678'));
      codes.push(await codeOf(send(anna, id)), await codeOf(send(anna, id)));
      await world.contacts.remove({ contactPointId: id }, world.device(anna));
    }

    const firsts = codes.filter((_, at) => at % 2 === 0);
    expect(firsts).toEqual([...Array<string>(10).fill('ok'), 'contact_codes_exhausted', 'contact_codes_exhausted']);
    expect(codes.filter((_, at) => at % 2 === 1)).toEqual(Array<string>(12).fill('contact_codes_exhausted'));
    expect(world.codeSender.sent).toHaveLength(10);
  });

  it('say when no code could be sent', async () => {
    const { id } = await put(anna, phone('+4915112345678'));
    world.codeSender.outcome = 'not_configured';

    expect(await codeOf(send(anna, id))).toBe('way_not_configured');
  });

  it('that an administrator says are of use at once, marked as theirs, and masked for who is not their owner', async () => {
    const chief = world.person();
    await put(chief, phone('+4915112345678'), { userId: anna });
    await put(chief, email('anna@example.org'), { userId: anna });

    expect(await reached('sms')).toEqual([phone('+4915112345678')]);
    const shown = (items: { shown: string; origin: string }[]) => items.map((one) => `${one.shown} ${one.origin}`);
    expect(shown(await list(chief, anna))).toEqual(['+49…78 organization', 'a…@example.org organization']);
    expect(shown(await list(anna))).toEqual(['+4915112345678 organization', 'anna@example.org organization']);
  });

  it('of others need the permission to manage alarms, and are of people who are there', async () => {
    const chief = world.person();
    expect(await codeOf(put(chief, phone('+4915112345678'), { userId: newId<UserId>() }))).toBe('user_not_found');
    world.bus.permissions = [];

    const { id } = await put(anna, phone('+4915112345678'));
    expect(await codeOf(put(chief, phone('+4915112345678'), { userId: anna }))).toBe('forbidden');
    expect(await codeOf(list(chief, anna))).toBe('forbidden');
    expect(await codeOf(world.contacts.remove({ contactPointId: id, userId: anna }, world.device(chief)))).toBe(
      'forbidden',
    );
    expect(await codeOf(world.contacts.remove({ contactPointId: id }, world.device(chief)))).toBe(
      'contact_point_not_found',
    );
    expect(await list(anna)).toHaveLength(1);
  });

  it('of other organizations are not there', async () => {
    const { id } = await put(anna, phone('+4915112345678'));
    const elsewhere = world.device(anna, world.otherId);

    expect((await world.contacts.list({}, elsewhere)).items).toEqual([]);
    expect(await codeOf(world.contacts.remove({ contactPointId: id }, elsewhere))).toBe('contact_point_not_found');
    expect(await codeOf(world.codes.send({ contactPointId: id }, elsewhere))).toBe('contact_point_not_found');
  });

  it('are put once: the same again changes nothing, the same address twice and another under its id are refused', async () => {
    const first = await put(anna, email('Anna@Example.org'));
    const again = await put(anna, email('anna@example.org'), { id: first.id });

    expect(again).toMatchObject({ id: first.id });
    expect(await codeOf(put(anna, email('anna@example.org')))).toBe('contact_point_exists');
    expect(await codeOf(put(anna, email('other@example.org'), { id: first.id }))).toBe('contact_point_id_reused');
    expect(await list(anna)).toHaveLength(1);
  });

  it('are bounded, also when they come at once', async () => {
    const tries = Array.from({ length: LIMITS.contactPoints + 10 }, (_, at) => phone(`+49151000000${10 + at}`));
    const codes = await Promise.all(tries.map((address) => finalCodeOf(() => put(anna, address))));

    expect(codes.filter((code) => code === 'ok')).toHaveLength(LIMITS.contactPoints);
    expect(await list(anna)).toHaveLength(LIMITS.contactPoints);
  });

  it('that are webhooks get a secret that is shown once, and lead nowhere into our own network (A-56)', async () => {
    const webhook = { kind: 'webhook', url: 'https://pager.example/hook' } as const;
    const first = await put(anna, webhook);
    const again = await put(anna, webhook, { id: first.id });

    expect(first.secret).toMatch(/^whsec_[A-Za-z0-9+/=]{44}$/);
    expect(again.secret).toBeUndefined();
    expect(await reached('webhook')).toEqual([{ ...webhook, secret: first.secret }]);
    expect(await codeOf(put(anna, { kind: 'webhook', url: 'https://10.0.0.1/' }))).toBe('forbidden_address');
  });

  it('are checked for their form', () => {
    const parse = (address: object) => putContactPoint.input.safeParse({ contactPointId: newId(), address }).success;

    for (const number of [
      '12345',
      '+0123456789',
      '+49',
      '+49 151 1234',
      '+4915112345678901',
      'tel:+491511234567',
      '+49151x',
    ])
      expect([number, parse({ kind: 'phone', number })]).toEqual([number, false]);
    expect(parse({ kind: 'email', address: 'a@b\r\nBcc: x@y.example' })).toBe(false);
    expect(parse({ kind: 'webhook', url: 'javascript:alert(1)' })).toBe(false);
    expect(parse({ kind: 'phone', number: '+4915112345678' })).toBe(true);
  });

  it('are sealed and never in the clear in the database or in a fact, and go with the person', async () => {
    await put(anna, email('anna.secret@example.org'));
    const all = `SELECT coalesce(string_agg(c::text, ''), '') || (SELECT string_agg(o.data::text, '') FROM outbox o) AS all FROM contact_point c`;
    const [row] = await world.ask<{ all: string }>(all);

    expect(row?.all).toContain('contact-point.added');
    expect(row?.all).not.toContain('secret@');
    expect(row?.all).not.toContain(Buffer.from('secret').toString('hex'));
    await world.departures.user({ id: newId(), organizationId: world.organizationId, userId: anna });
    expect(await list(anna)).toEqual([]);
  });
});
