import {
  approveDirectoryRun,
  listDirectoryChanges,
  setPeopleQuota,
  undoDirectoryRun,
  updateUser,
} from '@relais/contracts';
import { personDn } from '@relais/testing';
import { as } from '../factors.js';
import { factsOf } from '../facts.js';
import { unfindable } from '../unfindable.js';
import { codeOf } from '../world.js';
import { aDirectorySite, PEOPLE } from './directory-site.js';

describe('a run of a directory', () => {
  const site = aDirectorySite();
  const { run, settled, people, named, drop, replace, changesOf } = site;
  const approve = (runId: string) =>
    site.world.bus.request(approveDirectoryRun, { runId: runId as never }, as(site.owner));
  const undo = (runId: string) => site.world.bus.request(undoDirectoryRun, { runId: runId as never }, as(site.owner));

  it('shows a plan that changes nothing until somebody approves it', async () => {
    const { world, owner } = site;
    const planned = await run(true);

    expect(planned).toMatchObject({ state: 'planned', creates: PEOPLE + 1, applied: 0 });
    expect(await people()).toHaveLength(1);
    const { items, next } = await world.bus.request(listDirectoryChanges, { runId: planned.id, limit: 10 }, as(owner));
    expect(items[0]).toMatchObject({ kind: 'create', isApplied: false });
    expect(items[0]?.email).toMatch(/@brigade\.example$/);
    expect(next).toBeDefined();
    await approve(planned.id);
    expect(await settled(planned.id)).toMatchObject({ state: 'applied', applied: PEOPLE + 1 });
    const approved = (await factsOf(world, 'directory-run.approved')).map(({ object }) => object.id);
    expect(approved).toEqual([planned.id]);
    expect(await codeOf(approve(planned.id))).toBe('run_state_conflict');
  });

  it('shows what each person is and will be, also whom it would put out', async () => {
    await run();
    const before = await named('p2');
    await drop('p6');
    await replace(personDn('p2'), { cn: ['Renamed'] });
    const { id } = await run(true);
    const changes = async () => (await changesOf(id)).map(({ position: _, ...rest }) => rest);
    const was = { email: 'p2@brigade.example', displayName: 'Person p2', role: 'member', state: 'active' };
    const planned = [
      { kind: 'update', userId: before?.id, displayName: 'Renamed', before: { ...was, poolIds: before?.poolIds } },
      { kind: 'disable', displayName: 'Person p6', email: 'p6@brigade.example', before: { state: 'active' } },
    ];

    expect(await changes()).toMatchObject(planned);
    await approve(id);
    await settled(id);
    expect(await changes()).toMatchObject(planned.map((one) => ({ ...one, isApplied: true })));
  });

  it('stops before it puts out more than the brake allows, and asks (T-21)', async () => {
    await run();
    await drop(...Array.from({ length: 10 }, (_, at) => `p${at + 20}`));

    const stopped = await run();
    expect(stopped).toMatchObject({ state: 'stopped', disables: 10, applied: 0 });
    expect(stopped.says).toContain('10 of 61 people');
    expect((await people()).filter(({ state }) => state === 'disabled')).toHaveLength(0);
    await approve(stopped.id);
    expect(await settled(stopped.id)).toMatchObject({ state: 'applied', applied: 10 });
    expect((await people()).filter(({ state }) => state === 'disabled')).toHaveLength(10);
  });

  it('is taken back for seven days, but not over what was changed by hand since', async () => {
    await run();
    await drop('p30', 'p31');
    const done = await run();
    const back = await named('p31');
    await site.world.bus.request(updateUser, { userId: back?.id as never, state: 'active' }, as(site.owner));

    expect(await undo(done.id)).toEqual({ undone: 1, skipped: 1 });
    expect((await named('p30'))?.state).toBe('active');
    expect((await factsOf(site.world, 'directory-run.undone')).length).toBeGreaterThan(0);

    await site.world.passDays(8);
    await site.signInAgain();
    expect(await codeOf(undo(done.id))).toBe('run_state_conflict');
  });

  it('is taken back with the names there were, by which everybody is found again', async () => {
    await run();
    await replace(personDn('p33'), { cn: ['Chief Thirty'] });
    const done = await run();
    const renamed = (await people()).filter(({ displayName }) => displayName === 'Chief Thirty');

    expect(await undo(done.id)).toEqual({ undone: 1, skipped: 0 });

    expect(renamed).toHaveLength(1);
    expect((await named('p33'))?.displayName).toBe('Person p33');
    expect(await unfindable(site.world, site.owner)).toEqual([]);
  });

  it('brings nobody in or back beyond the quota of people, nor does taking it back, and goes on when there is room', async () => {
    const limit = (maxPeople: number) => site.world.bus.request(setPeopleQuota, { maxPeople }, as(site.owner));
    const active = async () => (await people()).filter(({ state }) => state === 'active').length;
    await limit(PEOPLE);
    const { id, applied } = await run();
    const refused = (await changesOf(id)).filter(({ isApplied }) => !isApplied).map(({ problem }) => problem);
    expect([applied, refused, await active()]).toEqual([
      PEOPLE - 1,
      ['people_limit_reached', 'people_limit_reached'],
      PEOPLE,
    ]);
    await limit(PEOPLE + 2);
    await run();
    expect(await active()).toBe(PEOPLE + 2);

    await drop('p30', 'p31');
    const done = await run();
    await limit(PEOPLE + 1);
    expect(await undo(done.id)).toEqual({ undone: 1, skipped: 1 });
    expect(await active()).toBe(PEOPLE + 1);
  });
});
