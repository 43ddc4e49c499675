import { listDirectories, openSession, putDirectory, startDirectoryRun, updateUser } from '@relais/contracts';
import { ADMIN, PASSWORD, personDn } from '@relais/testing';
import { as } from '../factors.js';
import { factsOf } from '../facts.js';
import { aDevice } from '../person.js';
import { unfindable } from '../unfindable.js';
import { aMember, codeOf } from '../world.js';
import { aDirectorySite, PEOPLE } from './directory-site.js';

describe('a directory', () => {
  const site = aDirectorySite();
  const { run, put, people, named, drop, replace } = site;

  it('brings its people in, into the pools and roles of their groups, however deep (nested, in a loop)', async () => {
    expect(await run()).toMatchObject({ state: 'applied', seen: PEOPLE + 1, creates: PEOPLE + 1, applied: PEOPLE + 1 });

    const everybody = await people();
    expect(everybody).toHaveLength(PEOPLE + 2);
    const inPool = everybody.filter(({ poolIds }) => poolIds.includes(site.pool)).map(({ displayName }) => displayName);
    expect(inPool.sort()).toEqual(['Person p0', 'Person p1', 'Person p2']);
    expect((await named('p3'))?.role).toBe('admin');
    expect((await factsOf(site.world, 'user.provisioned')).length).toBeGreaterThanOrEqual(PEOPLE);
  });

  it('changes nothing when nothing has changed there, and only what has', async () => {
    await run();
    expect(await run()).toMatchObject({ state: 'applied', creates: 0, updates: 0, disables: 0 });

    await replace(personDn('p5'), { cn: ['Chief Five'] });

    expect(await run()).toMatchObject({ updates: 1, applied: 1 });
    expect((await people()).map(({ displayName }) => displayName)).toContain('Chief Five');
    expect(await unfindable(site.world, site.owner)).toEqual([]);
  });

  it('puts out who is gone there, with their sessions, and lets them in again when they are back', async () => {
    await run();
    await drop('p9');

    expect(await run()).toMatchObject({ state: 'applied', disables: 1 });
    expect((await named('p9'))?.state).toBe('disabled');
    expect((await named('p8'))?.state).toBe('active');
  });

  it('never lets in again whom an administrator has put out, nor puts out who is protected', async () => {
    await run();
    const [put9, keep8] = [await named('p9'), await named('p8')];
    await site.world.bus.request(updateUser, { userId: put9?.id as never, state: 'disabled' }, as(site.owner));
    await put({ protectedUserIds: [keep8?.id] });
    await drop('p8');

    expect(await run()).toMatchObject({ disables: 1, applied: 0, problems: 1 });
    expect([(await named('p9'))?.state, (await named('p8'))?.state]).toEqual(['disabled', 'active']);
  });

  it('takes over nobody who was there before, whatever their address', async () => {
    await replace(personDn('p7'), { mail: [site.owner.person.email] });

    expect(await run()).toMatchObject({ state: 'applied', problems: 1, applied: PEOPLE });
    expect((await people()).filter(({ role }) => role === 'owner')).toHaveLength(1);
  });

  it('is the business of administrators, whose secrets it keeps', async () => {
    const { world, owner, directoryId } = site;
    const member = await aMember(world, owner);
    const settings = site.settings();

    expect(await codeOf(world.bus.request(startDirectoryRun, { directoryId }, as(member)))).toBe('forbidden');
    expect(await codeOf(world.bus.request(putDirectory, { directoryId, settings }, as(member)))).toBe('forbidden');
    const listed = JSON.stringify(await world.bus.request(listDirectories, {}, as(owner)));
    expect(listed).toContain(ADMIN);
    expect(listed).not.toContain(PASSWORD);
    expect(await codeOf(put({ urls: ['ldap://ldap.example.org'] }))).toBe('directory_unsafe');
    await put({ bindPassword: undefined });
    expect(await run()).toMatchObject({ state: 'applied' });
  });

  it('lets nobody in by a password that they do not have', async () => {
    await run();
    const login = { organization: site.owner.handle, email: 'p1@brigade.example', device: aDevice().device };
    for (const password of ['none', 'secret-p1 and more words', ''])
      expect(await codeOf(site.world.bus.request(openSession, { ...login, password }))).toBe('login_failed');
  });
});
