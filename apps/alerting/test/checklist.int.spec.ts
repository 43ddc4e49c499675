import { jest } from '@jest/globals';
import { addChecklistItem, CHECKLIST_ITEMS, raiseAlarm } from '@relais/contracts';
import { newId, type UserId } from '@relais/kernel';
import { EngineWorld } from './engine-world.js';

// A database of its own for each, on a machine that may be busy.
jest.setTimeout(60_000);

describe('the checklist of an alarm', () => {
  let world: EngineWorld;
  let chief: UserId;
  let anna: UserId;
  let stranger: UserId;
  let alarmId: never;

  beforeEach(async () => {
    world = await EngineWorld.open();
    [chief, anna, stranger] = [world.person(), world.person(), world.person()];
    const checklist = [
      { text: 'Close the gas valve', assigneeId: anna, dueMinutes: 5 },
      { text: 'Call the plant manager' },
    ];
    alarmId = (await world.raise(chief, { audience: { userIds: [anna] }, checklist })).alarmId as never;
    await world.settle();
    world.bus.permissions = [];
    world.announced.length = 0;
  });
  afterEach(() => world.close());

  const list = async () => (await world.reads.read({ alarmId }, world.context(anna))).checklist;
  const add = (by: UserId, text: string, itemId = newId<never>()) =>
    world.checklists.add({ alarmId, itemId, text }, world.context(by));
  const tick = (by: UserId, itemId: never, done = true) =>
    world.checklists.tick({ alarmId, itemId, done }, world.context(by));

  it('is there from the start, in its order, with who does what until when', async () => {
    expect(await list()).toMatchObject([
      { text: 'Close the gas valve', assigneeId: anna, dueAt: expect.any(String) },
      { text: 'Call the plant manager' },
    ]);
    const row = await world.count(
      `SELECT count(*) AS n FROM alarm_check WHERE position('valve'::bytea IN text_sealed) > 0`,
    );
    expect(row).toBe(0);
  });

  it('is ticked and unticked with who and when, once, and everybody hears of it', async () => {
    const [first] = await list();
    const done = await tick(anna, first?.id as never);
    expect(done).toMatchObject({ doneBy: anna, doneAt: expect.any(String) });
    expect(await tick(chief, first?.id as never)).toEqual(done);
    expect(world.announced.filter((said) => said.includes('alarm_checklist')).length).toBe(2);
    expect((await tick(chief, first?.id as never, false)).doneBy).toBeUndefined();

    const { checklist } = await world.reads.report({ alarmId, limit: 10 }, world.context(chief));
    expect(checklist.map(({ text, doneBy }) => [text, doneBy])).toEqual([
      ['Close the gas valve', undefined],
      ['Call the plant manager', undefined],
    ]);
    expect(await world.count(`SELECT count(*) AS n FROM outbox WHERE data ->> 'action' LIKE 'alarm.checklist-%'`)).toBe(
      2,
    );
  });

  it('grows by what responders add, each once, and not without end', async () => {
    const itemId = newId<never>();
    const added = await add(anna, 'Open gate 3', itemId);
    expect(added).toMatchObject({ text: 'Open gate 3', addedBy: anna });
    expect(await add(anna, 'Open gate 3', itemId)).toEqual(added);
    await expect(add(chief, 'Open gate 4', itemId)).rejects.toMatchObject({ code: 'checklist_item_reused' });

    for (let n = 3; n < CHECKLIST_ITEMS; n++) await add(anna, `Thing ${n}`);
    await expect(add(anna, 'One more')).rejects.toMatchObject({ code: 'checklist_full' });
    expect((await list()).map(({ text }) => text).slice(0, 3)).toEqual([
      ...['Close the gas valve', 'Call the plant manager', 'Open gate 3'],
    ]);
  });

  it('is there for nobody whom the alarm does not concern', async () => {
    const [first] = await list();
    await expect(add(stranger, 'x')).rejects.toMatchObject({ code: 'alarm_not_found' });
    await expect(tick(stranger, first?.id as never)).rejects.toMatchObject({ code: 'alarm_not_found' });
    await expect(tick(anna, newId<never>())).rejects.toMatchObject({ code: 'checklist_item_not_found' });
  });

  it('of ten thousand things, or with a novel in it, is not taken', () => {
    const many = { checklist: Array.from({ length: 10_000 }, () => ({ text: 'x' })) };
    const usual = { alarmId: newId<never>(), severity: 'alarm', title: 'x' };
    expect(raiseAlarm.input.safeParse(usual).success).toBe(true);
    expect(raiseAlarm.input.safeParse({ ...usual, ...many }).success).toBe(false);
    const novel = { alarmId: newId<never>(), itemId: newId<never>(), text: 'x'.repeat(1_000_000) };
    expect(addChecklistItem.input.safeParse(novel).success).toBe(false);
  });
});
