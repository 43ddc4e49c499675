import {
  approveDirectoryRun,
  assignRole,
  listDirectoryChanges,
  putRole,
  setPeopleQuota,
  undoDirectoryRun,
  updateUser,
} from '@relais/contracts';
import { newId, type RoleId } from '@relais/kernel';
import { groupDn, personDn } from '@relais/testing';
import { as } from '../factors.js';
import { factsOf } from '../facts.js';
import { unfindable } from '../unfindable.js';
import { aMember, codeOf } from '../world.js';
import { aDirectorySite, everyone, PEOPLE } from './directory-site.js';

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

  it('stops before it makes somebody an administrator, the first one too, and names them (T-21, R-I7)', async () => {
    await site.putCautious();
    const first = await run();
    expect(first).toMatchObject({ state: 'stopped', creates: PEOPLE + 1, raises: 1, applied: 0 });
    expect(first.says).toContain('more than members would be: Person p3 (p3@brigade.example)');
    expect((await changesOf(first.id)).filter(({ raisesRole }) => raisesRole)).toMatchObject([{ role: 'admin' }]);
    expect(await people()).toHaveLength(1);
    await approve(first.id);
    expect(await settled(first.id)).toMatchObject({ state: 'applied', applied: PEOPLE + 1 });
    expect((await named('p3'))?.role).toBe('admin');
    expect(await run()).toMatchObject({ state: 'applied', updates: 0 });

    // Somebody who may write that group in the directory helps themselves.
    await replace(groupDn('chiefs'), { member: [personDn('p3'), personDn('p4')] });
    const stopped = await run();
    expect(stopped).toMatchObject({ state: 'stopped', updates: 1, raises: 1, applied: 0 });
    expect(stopped.says).toContain('Person p4 (p4@brigade.example)');
    expect((await named('p4'))?.role).toBe('member');
    await approve(stopped.id);
    await settled(stopped.id);
    expect((await named('p4'))?.role).toBe('admin');
  });

  it('stops before an administrator comes back whom it has put out, and not before one goes (T-21)', async () => {
    await run();
    await site.putCautious();
    await site.expire('p3', 1);
    expect(await run()).toMatchObject({ state: 'applied', disables: 1 });

    await site.expire('p3', 40_000);
    expect(await run()).toMatchObject({ state: 'stopped', enables: 1, raises: 1 });
    expect((await named('p3'))?.state).toBe('disabled');
    await site.put();
    expect(await run()).toMatchObject({ state: 'applied' });
    expect((await named('p3'))?.state).toBe('active');
  });

  it('is let go on by nobody who could not make an administrator themselves (T-21)', async () => {
    await site.putCautious();
    const { id } = await run();
    const clerk = await aMember(site.world, site.owner);
    const roleId = newId<RoleId>();
    const permissions = ['manage_directories' as const];
    await site.world.bus.request(putRole, { id: roleId, name: 'Clerk', permissions }, as(site.owner));
    await site.world.bus.request(assignRole, { roleId, userId: clerk.tokens.userId }, as(site.owner));

    const approval = site.world.bus.request(approveDirectoryRun, { runId: id as never }, as(clerk));
    expect(await codeOf(approval)).toBe('forbidden');
    await approve(id);
    expect(await settled(id)).toMatchObject({ state: 'applied' });
  });

  it('gives nobody a role back who has lost it since it was planned (T-21)', async () => {
    await run();
    const chief = await named('p3');
    await replace(personDn('p3'), { mobile: ['+49 151 23456789'] });
    const withNumbers = { people: { ...everyone, phone: ['mobile'] } };
    await site.put(withNumbers);
    const planned = await run(true);
    expect(planned).toMatchObject({ state: 'planned', updates: 1, raises: 0 });
    await site.world.bus.request(updateUser, { userId: chief?.id as never, role: 'member' }, as(site.owner));

    await approve(planned.id);

    await settled(planned.id);
    expect(await changesOf(planned.id)).toMatchObject([{ isApplied: false, problem: 'role_changed' }]);
    expect((await named('p3'))?.role).toBe('member');
    await site.putCautious(withNumbers);
    expect(await run()).toMatchObject({ state: 'stopped', updates: 1, raises: 1 });
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
