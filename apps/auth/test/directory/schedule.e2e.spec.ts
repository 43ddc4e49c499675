import { type DirectoryRun, listDirectoryRuns } from '@relais/contracts';
import { groupDn, personDn, SUFFIX } from '@relais/testing';
import { DirectoryRuns } from '../../src/directory/directory-runs.js';
import { DirectorySchedule } from '../../src/directory/directory-schedule.js';
import { as } from '../factors.js';
import { aDirectorySite, PEOPLE } from './directory-site.js';

const newcomer = { objectClass: 'inetOrgPerson', uid: 'new', cn: 'New', sn: 'New', mail: 'new@brigade.example' };

describe('a directory', () => {
  const site = aDirectorySite();
  const { run, put, people, drop, replace, expire } = site;
  const look = async () => {
    await site.world.app.get(DirectorySchedule).look();
    await site.world.app.get(DirectoryRuns).idle();
  };

  it('runs by itself when its time has come', async () => {
    await put({ everyMinutes: 5 });
    await look();
    expect(await people()).toHaveLength(1);
    site.world.clock.advance(4 * 60_000);
    await look();
    expect(await people()).toHaveLength(1);
    site.world.clock.advance(61_000);
    await site.signInAgain();
    await look();
    expect(await people()).toHaveLength(PEOPLE + 2);
  });

  describe('on schedule reads no more than it has to', () => {
    const scheduled = async (): Promise<DirectoryRun> => {
      site.world.clock.advance(5 * 60_000);
      await site.signInAgain();
      await look();
      const { world, owner, directoryId } = site;
      const { items } = await world.bus.request(listDirectoryRuns, { directoryId }, as(owner));
      return items[0] as DirectoryRun;
    };

    beforeEach(async () => {
      await put({ everyMinutes: 5 });
      expect(await scheduled()).toMatchObject({ state: 'applied', isWhole: true, applied: PEOPLE + 1 });
    });

    it('nothing, where nothing has changed there', async () => {
      expect(await scheduled()).toMatchObject({ state: 'applied', isWhole: false, seen: 0, applied: 0 });
    });

    it('who has changed, and nobody else, with what their groups give them', async () => {
      await replace(personDn('p1'), { cn: ['Renamed'] });
      expect(await scheduled()).toMatchObject({ isWhole: false, seen: 1, updates: 1, applied: 1 });
      expect((await people()).find(({ displayName }) => displayName === 'Renamed')?.poolIds).toContain(site.pool);
      expect(await scheduled()).toMatchObject({ isWhole: false, seen: 0 });

      await replace(`ou=people,${SUFFIX}`, { description: ['changed, and nothing to us'] });
      expect(await scheduled()).toMatchObject({ isWhole: false, seen: 0, applied: 0 });
    });

    it.each<[string, () => Promise<unknown>, object]>([
      ['somebody has gone', () => drop('p5'), { disables: 1 }],
      ['somebody has come', () => site.slapd.change((client) => client.add(personDn('new'), newcomer)), { creates: 1 }],
      [
        'somebody has moved',
        () => site.slapd.change((client) => client.modifyDN(personDn('p6'), 'uid=moved')),
        { updates: 1 },
      ],
      ['a group has changed', () => replace(groupDn('night'), { member: [personDn('p9')] }), { updates: 2 }],
    ])('everybody, when %s', async (_, change, counts) => {
      await change();
      expect(await scheduled()).toMatchObject({ state: 'applied', isWhole: true, ...counts });
      expect(await scheduled()).toMatchObject({ isWhole: false, seen: 0 });
    });

    it('everybody, when an account has run out, which nobody changed', async () => {
      await expire('p4', Math.floor(site.world.clock.now().getTime() / 86_400_000) + 1);
      expect(await scheduled()).toMatchObject({ isWhole: false, seen: 1, applied: 0 });
      await site.world.passDays(1);
      expect(await scheduled()).toMatchObject({ isWhole: true, disables: 1 });
    });

    it('everybody, once a day, by hand, and after its settings have changed', async () => {
      await site.world.passDays(1);
      expect(await scheduled()).toMatchObject({ isWhole: true });
      expect(await run()).toMatchObject({ isWhole: true });
      await put({ everyMinutes: 5, name: 'Another' });
      expect(await scheduled()).toMatchObject({ isWhole: true });
    });

    it('what could not be done, again', async () => {
      await replace(personDn('p7'), { mail: [site.owner.person.email] });
      expect(await scheduled()).toMatchObject({ isWhole: false, problems: 1 });
      expect(await scheduled()).toMatchObject({ isWhole: false, problems: 1 });
      await replace(personDn('p7'), { mail: ['p7.again@brigade.example'] });
      expect(await scheduled()).toMatchObject({ isWhole: false, problems: 0, applied: 1 });
    });
  });
});
