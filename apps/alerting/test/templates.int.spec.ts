import { jest } from '@jest/globals';
import { alarmTemplate, putAlarmTemplate, raiseFromTemplate, readPoolsOf } from '@relais/contracts';
import { newId, type PoolId, type UserId } from '@relais/kernel';
import { EngineWorld } from './engine-world.js';

// A database of its own for each, on a machine that may be busy.
jest.setTimeout(60_000);

describe('a prepared alarm', () => {
  let world: EngineWorld;
  let chief: UserId;
  let porter: UserId;
  let anna: UserId;
  const lodge = newId<PoolId>();
  const templateId = newId<never>();

  beforeEach(async () => {
    world = await EngineWorld.open();
    [chief, porter, anna] = [world.person(), world.person(), world.person()];
    world.bus.answers.set(readPoolsOf as never, async ({ userId, poolIds }: { userId: UserId; poolIds: PoolId[] }) => ({
      poolIds: userId === porter ? poolIds.filter((id) => id === lodge) : [],
    }));
  });
  afterEach(() => world.close());

  const usual = () => ({
    ...{ name: 'Fire', severity: 'alarm', title: 'Fire in {{hall}}', text: 'Seen by {{witness}}. {{more}}' },
    values: [
      { name: 'hall', label: 'Which hall?', maxBytes: 20 },
      { name: 'witness', label: 'Who saw it?', fallback: 'nobody known' },
      { name: 'more', label: 'What else?', fallback: '' },
    ],
    ...{ audience: { userIds: [anna] }, checklist: [{ text: 'Lock {{ hall }}' }], raiserPoolIds: [lodge] },
    updateEveryMinutes: 10,
  });
  const put = (more: object = {}) => {
    const template = alarmTemplate.parse({ ...usual(), ...more });
    return world.templates.put({ templateId, template }, world.context(chief));
  };
  const raise = (by: UserId, values: Record<string, string>, alarmId = newId<never>()) =>
    world.templates.raise({ alarmId, templateId, values }, world.context(by)).then(() => alarmId);
  const shown = async (alarmId: never) => world.reads.read({ alarmId }, world.context(anna));

  it('is raised with what is known only then', async () => {
    await put();
    const alarmId = await raise(chief, { hall: 'hall 3' });
    await world.settle();

    expect(await shown(alarmId)).toMatchObject({
      ...{ title: 'Fire in hall 3', text: 'Seen by nobody known. ', updateDueAt: expect.any(String) },
      checklist: [{ text: 'Lock hall 3' }],
    });
  });

  it('takes values as text and nothing else', async () => {
    await put();
    const more = '{{hall}} $& $1 <script>alert(1)</script> {{nothing}}';
    const alarmId = await raise(chief, { hall: '{{witness}}', more });
    await world.settle();

    expect(await shown(alarmId)).toMatchObject({
      ...{ title: 'Fire in {{witness}}', text: `Seen by nobody known. ${more}` },
    });
  });

  it.each<[Record<string, string>, string, string]>([
    [{}, 'missing_value', 'hall'],
    [{ hall: '  ' }, 'missing_value', 'hall'],
    [{ hall: 'x'.repeat(21) }, 'value_too_long', 'hall'],
    [{ hall: 'x', floor: '2' }, 'unknown_value', 'floor'],
    [{ hall: 'x', constructor: '2' }, 'unknown_value', 'constructor'],
  ])('with %j is not raised: %s, by name', async (values, code, name) => {
    await put();

    await expect(raise(chief, values)).rejects.toMatchObject({ code, details: { name } });
    expect(await world.count('SELECT count(*) AS n FROM alarm')).toBe(0);
  });

  it('is refused when a text asks for something that nobody will be asked for', async () => {
    await expect(put({ text: 'On floor {{floor}}' })).rejects.toMatchObject({
      ...{ code: 'unknown_placeholder', details: { name: 'floor' } },
    });
    await expect(put({ checklist: [{ text: '{{x}}' }] })).rejects.toMatchObject({ code: 'unknown_placeholder' });
    await expect(put({ title: 'A brace { is } none {{hall}}' })).resolves.toBeDefined();
  });

  it('is raised by those it says, who may raise no other alarm', async () => {
    await put();
    world.bus.permissions = [];
    await raise(porter, { hall: 'hall 3' });
    await expect(raise(anna, { hall: 'hall 3' })).rejects.toMatchObject({ code: 'template_not_found' });
    await expect(world.raise(porter, { audience: { userIds: [anna] } })).rejects.toMatchObject({ code: 'forbidden' });
    const seen = async (by: UserId) => (await world.templates.list({}, world.context(by))).items.length;
    expect([await seen(porter), await seen(anna)]).toEqual([1, 0]);
  });

  it('raised twice under one id is one alarm, which later changes of the template leave as it is', async () => {
    await put({ closesAfterMinutes: 60 });
    const alarmId = await raise(chief, { hall: 'hall 3' });
    await world.settle();
    await put({ title: 'Flood in {{hall}}', checklist: [] });
    await raise(chief, { hall: 'hall 3' }, alarmId);
    await expect(raise(chief, { hall: 'hall 4' }, alarmId)).rejects.toMatchObject({ code: 'alarm_id_reused' });

    expect(await shown(alarmId)).toMatchObject({ title: 'Fire in hall 3', checklist: [{ text: 'Lock hall 3' }] });
    await world.templates.delete({ templateId }, world.context(chief));
    await expect(raise(chief, { hall: 'x' })).rejects.toMatchObject({ code: 'template_not_found' });
  });

  it('reminds whoever raised it to say something new, until it is over', async () => {
    await put();
    const alarmId = await raise(porter, { hall: 'hall 3' });
    await world.settle();
    const reminders = () => world.announced.filter((said) => said.includes('alarm_update_due'));
    const minutes = async (count: number) => {
      await world.database.within(world.organizationId, (tx) =>
        tx.query(`UPDATE alarm SET said_at = said_at - make_interval(mins => $1)`, [count]),
      );
      await world.pass(count * 60);
    };

    await minutes(9);
    expect(reminders()).toEqual([]);
    await minutes(1);
    expect(reminders()).toEqual([expect.stringContaining(porter)]);
    await world.changes.end({ alarmId, as: 'all_clear' }, world.context(porter));
    await minutes(30);
    expect(reminders().length).toBe(1);
  });

  it('of a megabyte, or with a thousand values, is not taken', () => {
    const takes = (more: object) =>
      putAlarmTemplate.input.safeParse({ templateId, template: { ...usual(), audience: {}, ...more } }).success;
    expect(takes({})).toBe(true);
    expect(takes({ text: 'x'.repeat(1_000_000) })).toBe(false);
    expect(takes({ values: Array.from({ length: 1_000 }, (_, n) => ({ name: `v${n}`, label: 'x' })) })).toBe(false);
    expect(takes({ checklist: Array.from({ length: 10_000 }, () => ({ text: 'x' })) })).toBe(false);
    const said = { alarmId: newId(), templateId, values: { hall: 'x'.repeat(1_000_000) } };
    expect(raiseFromTemplate.input.safeParse(said).success).toBe(false);
  });
});
