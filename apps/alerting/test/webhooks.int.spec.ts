import { alarmSourceSettings } from '@relais/contracts';
import { AppError, newId } from '@relais/kernel';
import { type Made, SourcesWorld } from './sources-world.js';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error).code,
  );

const MAPPING = `{ "title": "Pump " & pump & " stands still", "text": note, "key": $string(pump), "severity": level,
  "status": ok ? "resolved" : "firing", "labels": { "hall": hall ? hall : "none" } }`;

const START_MS = 30_000;

describe('a signed webhook', () => {
  let world: SourcesWorld;
  let source: Made;

  beforeEach(async () => {
    world = await SourcesWorld.open();
    source = await world.source({ kind: 'webhook', name: 'Pumps', mapping: MAPPING });
  }, START_MS);
  afterEach(() => world.close());

  const pump = (more: object = {}) => ({ pump: 4, level: 'critical', note: 'no flow', ok: false, ...more });

  it('raises what its mapping makes of it, and ends it', async () => {
    const raised = await world.posts(source, pump());
    const [open] = await world.alarms();
    const over = await world.postsPlain(source, pump({ ok: true }));

    expect(open).toMatchObject({ title: 'Pump 4 stands still', text: 'no flow', severity: 'emergency', state: 'open' });
    expect([raised.outcome, over.outcome]).toEqual(['raised', 'resolved']);
    expect(await world.alarms()).toMatchObject([{ id: raised.alarmId, state: 'all_clear' }]);
  });

  it('is taken once, however often it comes, also when it is signed anew', async () => {
    const id = newId();
    const first = await world.posts(source, pump(), { id });
    const again = await world.posts(source, pump(), { id });
    const later = await world.posts(source, pump(), { id, at: new Date(Date.now() + 60_000) });

    expect([first.outcome, again.outcome, later.outcome]).toEqual(['raised', 'repeated', 'repeated']);
    expect(await world.alarms()).toMatchObject([{ text: 'no flow' }]);
    expect(await world.outcomes(source)).toEqual(['repeated', 'repeated', 'raised']);
  });

  it('is taken once when it comes several times at once', async () => {
    const id = newId();
    const all = await Promise.all(
      Array.from({ length: 6 }, () => world.posts(source, pump(), { id }).catch((error: unknown) => error)),
    );

    const taken = all.filter((one) => (one as { outcome?: string }).outcome === 'raised');
    expect(taken).toHaveLength(1);
    expect(await world.alarms()).toMatchObject([{ text: 'no flow' }]);
  });

  it('is made, changed, given another secret and deleted by who showed lately who they are, and looked at by others, too (A-41)', async () => {
    const { bus } = world.engine;
    const sourceId = source.sourceId as never;
    const all = () =>
      Promise.all(
        [
          world.source({ kind: 'webhook', name: 'Pumps', mapping: MAPPING }, sourceId),
          world.manage.rotate({ sourceId, overlapSeconds: 60 }, world.context),
          world.manage.delete({ sourceId }, world.context),
        ].map(codeOf),
      );

    bus.isFresh = false;
    const stale = await all();
    const shown = await world.manage.list({}, world.context);
    bus.permissions = ['raise_alarms'];
    const neither = await all();

    expect(stale).toEqual(['step_up_required', 'step_up_required', 'step_up_required']);
    expect(shown.items.map(({ id }) => id)).toEqual([sourceId]);
    expect(neither).toEqual(['forbidden', 'forbidden', 'forbidden']);
    expect(await codeOf(world.posts(source, pump()))).toBe('ok');
  });

  it('in our own form is taken once, too', async () => {
    const at = Date.now();
    const [first, again] = [await world.postsPlain(source, pump(), at), await world.postsPlain(source, pump(), at)];

    expect([first.outcome, again.outcome]).toEqual(['raised', 'repeated']);
  });

  it('that is altered under the same id, rightly signed, is refused and changes nothing (A-12)', async () => {
    const id = newId();
    await world.posts(source, pump(), { id });

    expect(await codeOf(world.posts(source, pump({ note: 'all is well' }), { id }))).toBe('delivery_id_reused');
    expect(await world.alarms()).toMatchObject([{ text: 'no flow' }]);
  });

  it.each<[string, (made: Made) => Promise<unknown>]>([
    ['altered after it was signed', (made) => world.posts(made, pump(), { tampered: ' ' })],
    ['signed by somebody else', (made) => world.posts({ ...made, secret: `whsec_${'A'.repeat(44)}` }, pump())],
    ['of an unknown source', (made) => world.posts({ ...made, sourceId: newId() }, pump())],
    ['of five minutes ago', (made) => world.posts(made, pump(), { at: new Date(Date.now() - 301_000) })],
    ['of five minutes hence', (made) => world.posts(made, pump(), { at: new Date(Date.now() + 301_000) })],
    ['of five minutes ago in our form', (made) => world.postsPlain(made, pump(), Date.now() - 301_000)],
    ['signed by somebody else in our form', (made) => world.postsPlain({ ...made, secret: 'x' }, pump())],
  ])('%s is refused (A-12)', async (_, send) => {
    expect(await codeOf(send(source))).toBe('source_refused');
    expect(await world.alarms()).toEqual([]);
  });

  it('is taken under both secrets for a while after a new one was given', async () => {
    const rotated = await world.manage.rotate(
      { sourceId: source.sourceId as never, overlapSeconds: 60 },
      world.context,
    );
    const renewed = { ...source, secret: rotated.secret as string };

    expect(await codeOf(world.posts(source, pump()))).toBe('ok');
    expect(await codeOf(world.posts(renewed, pump()))).toBe('ok');
    await world.pass(61);
    expect(await codeOf(world.posts(source, pump()))).toBe('source_refused');
    expect(await codeOf(world.posts(renewed, pump()))).toBe('ok');
  });

  it('gives a key of its own to nothing: each is an alarm', async () => {
    const plain = await world.source({ kind: 'webhook', name: 'Plain', mapping: '{ "title": title }' });
    await world.posts(plain, { title: 'one' });
    await world.posts(plain, { title: 'two' });

    expect((await world.alarms()).map(({ title }) => title)).toEqual(['two', 'one']);
  });

  it('is no alarm where the mapping gives nothing', async () => {
    const picky = await world.source({ kind: 'webhook', name: 'Picky', mapping: 'bad ? { "title": bad }' });

    expect(await world.posts(picky, { good: 1 })).toEqual({ outcome: 'ignored' });
    expect(await world.posts(picky, { bad: 'x' })).toMatchObject({ outcome: 'raised' });
  });

  it.each([
    ['throws', '$error("no")', /D3137 no/],
    ['gives nonsense', '{ "titel": "x" }', /it gives no incident: title: /],
    ['gives a field too many', '{ "title": "x", "admin": true }', /it gives no incident/],
    ['never ends', '($f := function($x) { $f($x + 1) }; $f(1))', /./],
    ['never ends without calls', '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /(a+)+$/)', /longer than 250 ms/],
    ['reads the body as an expression', '{ "title": $eval(code) }', /./],
    ['asks for what is outside', '{ "title": $fetch("http://localhost") }', /./],
    ['gives too much', '{ "title": $pad("x", 100000) }', /too large/],
  ])('whose mapping %s raises a plain alarm, and the log says why', async (_, mapping, problem) => {
    const broken = await world.source({ kind: 'webhook', name: 'Broken', mapping });
    const taken = await world.posts(broken, { code: '"x"' });

    expect(taken.outcome).toBe('raised');
    expect(await world.alarms()).toMatchObject([{ title: 'Broken', severity: 'alarm', state: 'open' }]);
    expect(await world.deliveries(broken)).toMatchObject([
      { outcome: 'raised', problem: expect.stringMatching(problem) as string, alarmId: taken.alarmId },
    ]);
  });

  it('whose mapping fails raises nothing where the source has it so, and says what is wrong', async () => {
    const mapping = '{ "titel": "x" }';
    const broken = await world.source({ kind: 'webhook', name: 'Broken', mapping, raisesOnMappingFailure: false });

    expect(await codeOf(world.posts(broken, {}))).toBe('mapping_failed');
    expect(await world.alarms()).toEqual([]);
    expect(await world.outcomes(broken)).toEqual(['failed']);
  });

  it('goes on for others while one takes too long', async () => {
    const mapping = '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /(a+)+$/)';
    const endless = await world.source({ kind: 'webhook', name: 'Endless', mapping });
    await Promise.all([world.posts(endless, {}), world.posts(source, pump())]);
    await world.posts(endless, {});

    expect((await world.alarms()).map(({ title }) => title).toSorted()).toEqual(['Endless', 'Pump 4 stands still']);
    expect((await world.deliveries(endless))[0]?.problem).toMatch(/^not tried/);
  });

  it('cannot reach into prototypes, by its body or by its mapping (A-04)', async () => {
    const body =
      '{"pump":4,"note":"x","ok":false,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    await world.posts(source, body);
    for (const mapping of [
      '{ "title": "x", "__proto__": { "polluted": 1 } }',
      '$merge([{"title":"y"}, {"__proto__":{"polluted":1}}])',
      '{ "title": "z", "labels": { "__proto__": "1" } }',
    ]) {
      const hostile = await world.source({ kind: 'webhook', name: 'Hostile', mapping });
      await world.posts(hostile, {});
    }

    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    const after = await world.source({
      kind: 'webhook',
      name: 'After',
      mapping: '{ "title": "p" & $string($exists(polluted)) }',
    });
    await world.posts(after, {});
    expect((await world.alarms())[0]?.title).toBe('pfalse');
  });

  it('without JSON in it is refused', async () => {
    expect(await codeOf(world.posts(source, '{"pump":'))).toBe('malformed_delivery');
    expect(await world.outcomes(source)).toEqual(['failed']);
  });

  it('that could not be taken is taken when it comes again', async () => {
    const id = newId();
    world.engine.bus.isDown = true;
    expect(await codeOf(world.posts(source, pump(), { id }))).toBe('internal_error');
    world.engine.bus.isDown = false;

    expect(await world.posts(source, pump(), { id })).toMatchObject({ outcome: 'raised' });
  });

  it('tells the first at once, and what follows of the same cause together', async () => {
    const grouping = await world.source({
      kind: 'webhook',
      name: 'Doors',
      mapping: '{ "title": "Door", "text": text }',
      groupSeconds: 600,
    });
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await world.posts(grouping, { text });
    const [first] = await world.alarms();
    await world.pass(300);
    const [before] = await world.alarms();
    await world.pass(301);
    const [after] = await world.alarms();
    await world.posts(grouping, { text: 'h' });

    expect([first?.text, before?.text]).toEqual(['a', 'a']);
    expect(after?.text).toBe('7 ×\ng\nf\ne\nd\nc');
    expect((await world.alarms()).map(({ text }) => text)).toEqual(['8 ×\nh\ng\nf\ne\nd']);
  });

  it('keeps bodies for a day where it is asked to, and none otherwise', async () => {
    const keeping = await world.source({ kind: 'webhook', name: 'Kept', mapping: '{ "title": t }', keepsBodies: true });
    await world.posts(keeping, { t: 'x' });
    await world.posts(source, pump());
    const [kept] = await world.deliveries(keeping);
    const [other] = await world.deliveries(source);
    await world.pass(24 * 3_600 + 1);

    expect(kept?.body).toBe('{"t":"x"}');
    expect(other?.body).toBeUndefined();
    expect((await world.deliveries(keeping))[0]?.body).toBeUndefined();
    expect(
      await world.engine.count('SELECT count(*) AS n FROM alarm_source_delivery WHERE body_sealed IS NOT NULL'),
    ).toBe(0);
    expect(await world.engine.count('SELECT count(*) AS n FROM alarm_source_receipt')).toBe(0);
  });

  it('can be tried without raising anything', async () => {
    const { sourceId } = source;
    const attempt = (body: string, settings?: object) =>
      world.look.try({ sourceId, body, ...(settings ? { settings: settings as never } : {}) }, world.context);

    expect(await attempt(JSON.stringify(pump()))).toMatchObject({
      incident: { status: 'firing', severity: 'emergency', title: 'Pump 4 stands still', key: '4' },
    });
    const other = { kind: 'webhook', name: 'Other', mapping: '{ "titel": 1 }' };
    expect(await attempt('{}', alarmSourceSettings.parse(other))).toEqual({
      problem: expect.stringMatching(/^it gives no incident: title/) as string,
    });
    expect(await attempt('{')).toEqual({ problem: 'expected JSON' });
    expect(await world.alarms()).toEqual([]);
  });

  it('cannot be made with a mapping that cannot be read', async () => {
    expect(await codeOf(world.source({ kind: 'webhook', name: 'x', mapping: '{ "title": ' }))).toBe('invalid_mapping');
    const policyId = newId<never>();
    expect(await codeOf(world.source({ kind: 'webhook', name: 'x', raises: { policyId } }))).toBe('policy_not_found');
    expect(await codeOf(world.source({ kind: 'alertmanager', name: 'x' }, source.sourceId))).toBe('source_kind_fixed');
  });

  it('is let in again after it was paused', async () => {
    const settings = { kind: 'webhook' as const, name: 'Pumps', mapping: MAPPING };
    await world.source({ ...settings, isPaused: true }, source.sourceId);
    expect(await codeOf(world.posts(source, pump()))).toBe('source_paused');
    await world.source(settings, source.sourceId);
    expect(await codeOf(world.posts(source, pump()))).toBe('ok');
  });
});
