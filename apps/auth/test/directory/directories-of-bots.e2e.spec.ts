import {
  approveDirectoryRun,
  assignRole,
  type Bot,
  deleteDirectory,
  importPeople,
  listDirectories,
  MAX_DIRECTORIES_OF_BOTS,
  putDirectory,
  putRole,
  setPeopleQuota,
  startDirectoryRun,
  updateUser,
} from '@relais/contracts';
import { newId, type PoolId, type RoleId, type UserId } from '@relais/kernel';
import { groupDn, personDn, SUFFIX } from '@relais/testing';
import { DirectoryPasswords } from '../../src/directory/directory-passwords.js';
import { DirectoryRuns } from '../../src/directory/directory-runs.js';
import { DirectorySchedule } from '../../src/directory/directory-schedule.js';
import { aBot, type TestKey, tokenFor } from '../bot.js';
import { as } from '../factors.js';
import { factsOf } from '../facts.js';
import { codeOf } from '../world.js';
import { aDirectorySite, PEOPLE } from './directory-site.js';

const HOUR_MS = 3_600_000;

describe('directories of bots (A-44)', () => {
  const site = aDirectorySite();
  const { people, named, drop, replace, expire } = site;
  let bot: Bot;
  let key: TestKey;
  let id: string;

  beforeEach(async () => {
    ({ bot, key } = await aBot(site.world, site.owner, ['identity-sources:write']));
    id = newId();
  });

  const asBot = async (which = bot, its = key) => ({
    token: (await tokenFor(site.world, which, its)).accessToken,
  });
  const put = async (more: object = {}, by?: { token: string }, directoryId = id) => {
    const { groups: _, ...settings } = site.settings({ name: 'Staff', everyMinutes: 60, ...more });
    const asked = { directoryId: directoryId as never, settings: { ...settings, ...more } };
    return site.world.bus.request(putDirectory, asked, by ?? (await asBot()));
  };
  const list = async (by?: { token: string }) =>
    (await site.world.bus.request(listDirectories, {}, by ?? (await asBot()))).items;
  const mine = async () => (await list()).find((one) => one.id === (id as never));
  const look = async () => {
    await site.world.app.get(DirectorySchedule).look();
    await site.world.app.get(DirectoryRuns).idle();
    return (await mine())?.lastRun;
  };
  const runsAgain = async () => {
    site.world.clock.advance(HOUR_MS);
    await site.signInAgain();
    return look();
  };
  const disabled = async () =>
    (await people()).filter(({ state }) => state === 'disabled').map(({ displayName }) => displayName);

  it('bring in members where newcomers are, at once and by themselves, within the quota', async () => {
    await site.world.bus.request(setPeopleQuota, { maxPeople: 20 }, as(site.owner));
    expect(await put()).toMatchObject({ madeBy: bot.id, people: 0 });

    expect(await look()).toMatchObject({ state: 'applied', creates: PEOPLE + 1, applied: 19, problems: PEOPLE - 18 });
    const came = (await people()).filter(({ id: one }) => one !== site.owner.tokens.userId);
    expect(came).toHaveLength(19);
    const [owner] = (await people()).filter(({ role }) => role === 'owner');
    for (const one of came) expect(one).toMatchObject({ role: 'member', state: 'active', poolIds: owner?.poolIds });
    expect((await factsOf(site.world, 'directory.put')).at(-1)?.actor.id).toBe(bot.id);
    expect(JSON.stringify(await mine())).not.toContain('directory secret');
  });

  it.each<[string, () => object]>([
    ['give roles', () => ({ groups: groupsOf({ role: 'admin' }) })],
    ['give pools', () => ({ groups: groupsOf({ poolId: newId<PoolId>() }) })],
    ['hear passwords that people sign in with', () => ({ passwordLogin: true })],
    ['put out a larger share at once than is usual', () => ({ brake: { percent: 11 } })],
    ['put out more at once than is usual', () => ({ brake: { people: 51 } })],
    ['put out people often', () => ({ everyMinutes: 59 })],
  ])('never %s', async (_, more) => {
    expect(await codeOf(put(more()))).toBe('forbidden');
    expect(await list()).toEqual([]);
  });
  const groupsOf = (gives: object) => ({
    base: `ou=groups,${SUFFIX}`,
    mappings: [{ group: groupDn('crew'), ...gives }],
  });

  it('are all that it sees: those of people and of other bots are not there, and their ids taken', async () => {
    const { bot: other, key: its } = await aBot(site.world, site.owner, ['identity-sources:write']);
    const theirs = newId<string>();
    await put();
    await put({}, await asBot(other, its), theirs);

    expect((await list()).map((one) => one.id as string)).toEqual([id]);
    expect(await list(as(site.owner))).toHaveLength(3);
    for (const taken of [theirs, site.directoryId as string])
      expect(await codeOf(put({}, undefined, taken))).toBe('directory_id_taken');
    const { bot: plain, key: plainKey } = await aBot(site.world, site.owner, ['people-quota:write']);
    expect(await codeOf(put({}, await asBot(plain, plainKey)))).toBe('scope_missing');
  });

  it('are not more than there may be, of all bots together', async () => {
    for (let made = 0; made < MAX_DIRECTORIES_OF_BOTS; made++) await put({ enabled: false }, undefined, newId());

    expect(await codeOf(put())).toBe('too_many_directories');
    expect(await codeOf(put({}, as(site.owner)))).toBe('ok');
  });

  it('are begun by hand, let go on and deleted by people alone', async () => {
    await put();
    const asked = { directoryId: id as never };

    expect(await codeOf(site.world.bus.request(startDirectoryRun, asked, await asBot()))).toBe('scope_missing');
    expect(await codeOf(site.world.bus.request(deleteDirectory, asked, await asBot()))).toBe('scope_missing');
  });

  it('take over nobody who is here already, and never put them out', async () => {
    const csv = 'email,name\np5@brigade.example,Somebody else';
    await site.world.bus.request(importPeople, { csv, dryRun: false }, as(site.owner));
    await put();
    expect(await look()).toMatchObject({ applied: PEOPLE, problems: 1 });
    await drop('p5');
    await runsAgain();

    expect((await people()).find(({ displayName }) => displayName === 'Somebody else')).toMatchObject({
      ...{ state: 'active', role: 'member' },
    });
    expect(await named('p5')).toBeUndefined();
  });

  it('put out whom they brought in, as far as the brake lets them, and a person lets them go on', async () => {
    await put();
    await look();
    await drop('p10');
    await runsAgain();
    expect(await disabled()).toEqual(['Person p10']);

    await drop(...Array.from({ length: 7 }, (_, at) => `p${at + 20}`));
    const stopped = await runsAgain();
    expect(stopped).toMatchObject({ state: 'stopped', disables: 7, applied: 0 });
    expect(await disabled()).toHaveLength(1);
    const approve = (by: { token: string }) =>
      codeOf(site.world.bus.request(approveDirectoryRun, { runId: stopped?.id as never }, by));
    expect(await approve(await asBot())).toBe('scope_missing');
    expect(await approve(as(site.owner))).toBe('ok');
  });

  it('are not read sooner for being said again, nor for being switched off and on', async () => {
    const first = await put();
    expect(Date.parse(first.nextRunAt ?? '')).toBeLessThanOrEqual(site.world.clock.now().getTime());
    await look();
    const planned = (await mine())?.nextRunAt;
    site.world.clock.advance(HOUR_MS / 2);

    expect((await put({ name: 'Another' })).nextRunAt).toBe(planned);
    await put({ enabled: false });
    const on = Date.parse((await put()).nextRunAt ?? '');
    expect(on).toBe(site.world.clock.now().getTime() + HOUR_MS);
  });

  it('change nobody whom people have made more than a member', async () => {
    await put();
    await look();
    const [chief, helper] = [(await named('p1'))?.id as UserId, (await named('p2'))?.id as UserId];
    const roleId = newId<RoleId>();
    await site.world.bus.request(updateUser, { userId: chief, role: 'admin' }, as(site.owner));
    await site.world.bus.request(putRole, { id: roleId, name: 'Doors', permissions: ['invite'] }, as(site.owner));
    await site.world.bus.request(assignRole, { roleId, userId: helper }, as(site.owner));
    await replace(personDn('p1'), { cn: ['Mallory'], mail: ['mallory@brigade.example'] });
    await drop('p2');

    expect(await runsAgain()).toMatchObject({ state: 'applied', updates: 1, disables: 1, applied: 0, problems: 2 });
    expect((await people()).find((one) => one.id === chief)).toMatchObject({ displayName: 'Person p1', role: 'admin' });
    expect(await disabled()).toEqual([]);
  });

  it('never put out whom people have protected, whatever the bot says then', async () => {
    await put();
    await look();
    const protectedUserIds = [(await named('p3'))?.id];
    await put({ protectedUserIds }, as(site.owner));
    await drop('p3');

    await put({ protectedUserIds: [] });
    expect((await mine())?.settings.protectedUserIds).toEqual(protectedUserIds);
    expect(await runsAgain()).toMatchObject({ disables: 1, applied: 0 });
    expect(await disabled()).toEqual([]);
  });

  it('say nothing of who may sign in between two runs, where no brake would hold', async () => {
    await put();
    await look();
    const { id: userId } = (await named('p1'))!;
    await expire('p1', 1);
    const isPutOut = () =>
      site.world.app.get(DirectoryPasswords).isPutOut(site.owner.tokens.organizationId, userId as UserId);

    expect(await isPutOut()).toBe(false);
    await put({}, as(site.owner));
    expect(await isPutOut()).toBe(true);
  });

  it('are asked nothing while they are switched off, their people stay, and are the same when they are on again', async () => {
    await put();
    await look();
    const before = (await people()).map((one) => one.id).toSorted();
    await drop('p7');
    await put({ enabled: false });
    expect((await mine())?.nextRunAt).toBeUndefined();
    await runsAgain();
    expect(await disabled()).toEqual([]);
    await site.world.bus.request(startDirectoryRun, { directoryId: id as never }, as(site.owner));
    expect(await look()).toMatchObject({ state: 'failed', applied: 0 });

    await put();
    await runsAgain();
    expect(await disabled()).toEqual(['Person p7']);
    expect((await people()).map((one) => one.id).toSorted()).toEqual(before);
  });

  it('keep their password for the servers and the name it was made at', async () => {
    await put();
    const without = { bindPassword: undefined };
    await put(without);
    expect(await look()).toMatchObject({ state: 'applied' });

    await put({ ...without, urls: [site.slapd.url.replace('127.0.0.1', 'localhost')] });
    expect(await runsAgain()).toMatchObject({ state: 'failed' });
    await put();
    expect(await runsAgain()).toMatchObject({ state: 'applied' });
  });

  it('are read on when a run has failed', async () => {
    await put({ urls: ['ldap://127.0.0.1:1'], everyMinutes: 120 });
    expect(await look()).toMatchObject({ state: 'failed' });
    expect(Date.parse((await mine())?.nextRunAt ?? '')).toBe(site.world.clock.now().getTime() + 2 * HOUR_MS);
  });
});
