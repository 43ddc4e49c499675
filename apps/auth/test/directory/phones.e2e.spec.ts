import {
  approveDirectoryRun,
  openSession,
  readMe,
  removeUser,
  testDirectory,
  undoDirectoryRun,
} from '@relais/contracts';
import { personDn } from '@relais/testing';
import { Housekeeping } from '../../src/housekeeping.postgres.js';
import { as } from '../factors.js';
import { aDevice } from '../person.js';
import { emailOf, phoneOf, toldPhone } from '../phones.js';
import { codeOf } from '../world.js';
import { aDirectorySite, everyone, PEOPLE } from './directory-site.js';

describe('a directory that has numbers', () => {
  const site = aDirectorySite();
  const { run, put, settled, named, changesOf, expire } = site;
  const withPhones = { people: { ...everyone, phone: ['mobile', 'telephoneNumber'] } };
  const replace = (uid: string, more: Record<string, string[]>) => site.replace(personDn(uid), more);
  const idOf = async (uid: string) => (await named(uid))?.id as string;
  const phone = async (uid: string) => phoneOf(site.world, site.owner, await idOf(uid));

  beforeEach(async () => {
    await replace('p1', { mobile: ['112', '+49 (0)151 1234-5678'], telephoneNumber: ['+49 30 1234567'] });
    await replace('p2', { telephoneNumber: ['0049 30 7654321'] });
  });

  it('gives them only where it is said which attributes have them', async () => {
    await run();
    expect([await phone('p1'), await phone('p2')]).toEqual([null, null]);

    await put(withPhones);

    expect(await run()).toMatchObject({ updates: 2, applied: 2, problems: 0 });
    expect([await phone('p1'), await phone('p2'), await phone('p3')]).toEqual([
      ...['+4915112345678', '+49307654321', null],
    ]);
    expect(await run()).toMatchObject({ creates: 0, updates: 0 });
  });

  it('tells alerting of them when they come, change and go', async () => {
    await put(withPhones);
    await run();
    const id = await idOf('p2');
    await toldPhone(site.world, id, '+49307654321');
    await replace('p2', { telephoneNumber: ['+49 30 1111111'] });
    await run();
    await toldPhone(site.world, id, '+49301111111');
    await replace('p2', { telephoneNumber: [] });

    expect(await run()).toMatchObject({ updates: 1, applied: 1 });
    await toldPhone(site.world, id, undefined);
    expect(await phone('p1')).toBe('+4915112345678');
  });

  it('brings who has a bad one without it, and says so, in the plan, too', async () => {
    await put(withPhones);
    await replace('p5', { mobile: ['030 1234567'] });
    const planned = await run(true);
    expect(planned).toMatchObject({ state: 'planned', problems: 1 });
    await site.world.bus.request(approveDirectoryRun, { runId: planned.id }, as(site.owner));

    expect(await settled(planned.id)).toMatchObject({ state: 'applied', applied: PEOPLE + 1, problems: 1 });
    const troubled = (await changesOf(planned.id)).filter(({ problem }) => problem);
    expect(troubled).toMatchObject([{ displayName: 'Person p5', isApplied: true, problem: 'phone_invalid' }]);
    expect(await phone('p5')).toBeNull();

    await replace('p1', { mobile: ['call me'], telephoneNumber: [] });
    expect(await run()).toMatchObject({ updates: 1, applied: 1, problems: 1 });
    expect(await phone('p1')).toBeNull();
  });

  it('shows only as much of them as it takes to know them again', async () => {
    await put(withPhones);
    const begun = await run();
    await replace('p1', { mobile: ['+49 151 87654399'] });
    const { id } = await run();

    expect(await changesOf(id)).toMatchObject([{ phone: '+49…99', before: { phone: '+49…78' } }]);
    const { world, owner, directoryId } = site;
    const tested = await world.bus.request(testDirectory, { directoryId }, as(owner));
    expect(tested.samples.map((one) => one.phone)).toContain('+49…99');
    expect(JSON.stringify([await changesOf(begun.id), await changesOf(id), tested])).not.toMatch(/\+49\d/);
  });

  it('has them given back with a run that is taken back, and the address; not over a later run', async () => {
    await put(withPhones);
    await run();
    await replace('p1', { mobile: ['+49 151 87654321'], mail: ['other@brigade.example'] });
    await replace('p3', { mobile: ['+49 151 33333333'] });
    const { id: runId } = await run();
    await replace('p2', { telephoneNumber: [] });
    await run();
    await replace('p3', { mobile: ['+49 151 44444444'] });
    await run();

    const { world, owner } = site;
    expect(await world.bus.request(undoDirectoryRun, { runId }, as(owner))).toEqual({ undone: 1, skipped: 1 });
    expect([await phone('p1'), await phone('p2'), await phone('p3')]).toEqual([
      ...['+4915112345678', null, '+4915144444444'],
    ]);
    expect((await changesOf(runId))[0]?.before).toMatchObject({ phone: '+49…78', email: 'p1@brigade.example' });
    expect(await emailOf(world, owner, await idOf('p1'))).toBe('p1@brigade.example');
  });

  it('gives who was put out the new one when they come back', async () => {
    await put(withPhones);
    await run();
    await expire('p1', 1);
    expect(await run()).toMatchObject({ disables: 1, applied: 1 });
    await replace('p1', { shadowExpire: [], mobile: ['+49 151 99999999'] });

    expect(await run()).toMatchObject({ enables: 1, applied: 1 });
    expect(await phone('p1')).toBe('+4915199999999');
  });

  it('is shown to whom it belongs', async () => {
    await put({ ...withPhones, passwordLogin: true });
    await run();
    const login = { organization: site.owner.handle, email: 'p1@brigade.example', password: 'secret-p1' };
    const tokens = await site.world.bus.request(openSession, { ...login, device: aDevice().device });
    expect((await site.world.bus.request(readMe, {}, as({ tokens }))).phone).toBe('+4915112345678');
  });

  it('is forgotten with a person who is removed, and after 30 days', async () => {
    await put(withPhones);
    const { id: runId } = await run();
    await site.world.bus.request(removeUser, { userId: (await idOf('p1')) as never }, as(site.owner));
    const left = await changesOf(runId);
    expect(left).toHaveLength(PEOPLE);
    expect(left.map(({ displayName }) => displayName)).not.toContain('Person p1');

    await site.world.passDays(29);
    await site.world.app.get(Housekeeping).run();
    await site.signInAgain();
    expect(await changesOf(runId)).toHaveLength(PEOPLE);
    await site.world.passDays(2);
    await site.world.app.get(Housekeeping).run();
    await site.signInAgain();
    expect(await codeOf(changesOf(runId))).toBe('run_not_found');
  });
});
