import { listPools } from '@relais/contracts';
import { groupDn, personDn, Slapd, SUFFIX } from '@relais/testing';
import pg from 'pg';
import { DirectorySchedule } from '../../src/directory/directory-schedule.js';
import { as } from '../factors.js';
import { aDirectorySite, PEOPLE } from './directory-site.js';

/** 5,000 people, 15 in each of 300 groups, of which each but the first holds the one before it. */
const many = () =>
  Slapd.start(
    Array.from({ length: 5_000 }, (_, at) => ({ uid: `m${at}` })),
    Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [
        `g${at}`,
        [
          ...Array.from({ length: 15 }, (_item, one) => personDn(`m${at * 15 + one}`)),
          ...(at > 0 ? [groupDn(`g${at - 1}`)] : []),
        ],
      ]),
    ),
  );

describe('a run of a directory', () => {
  const site = aDirectorySite();
  const { run, put, start, settled, people } = site;

  it('during which it dies is followed by one that reads it from the beginning', async () => {
    await put({ pageSize: 10 });
    const begun = await start();
    await site.slapd.kill();
    const first = await settled(begun.id);
    await site.slapd.run();

    const second = await run();
    expect(['failed', 'applied']).toContain(first.state);
    expect(first.applied + second.applied).toBe(PEOPLE + 1);
    expect(await people()).toHaveLength(PEOPLE + 2);
  });

  it('is gone on with where a replica left it', async () => {
    const planned = await run(true);
    const client = new pg.Client({ connectionString: site.world.main.ownerUrl });
    await client.connect();
    await client.query(`SELECT set_config('relais.org', $1, false)`, [site.owner.tokens.organizationId]);
    await client.query(`UPDATE directory_run SET state = 'applying' WHERE id = $1`, [planned.id]);
    await client.end();

    await site.world.app.get(DirectorySchedule).look();

    expect(await settled(planned.id)).toMatchObject({ state: 'applied', applied: PEOPLE + 1 });
  });

  it('brings 5,000 people and 300 groups, though it is killed and started again in the middle', async () => {
    const crowd = await many();
    try {
      const mappings = [{ group: groupDn('g19'), poolId: site.pool }];
      await put({ urls: [crowd.url], groups: { base: `ou=groups,${SUFFIX}`, mappings } });
      const begun = await start();
      await new Promise((resolve) => setTimeout(resolve, 400));
      await crowd.kill();
      const first = await settled(begun.id);
      await crowd.run();
      const second = await run();

      expect(first.applied + second.applied).toBe(5_000);
      const { items } = await site.world.bus.request(listPools, {}, as(site.owner));
      expect(items.find(({ id }) => id === site.pool)?.users).toBe(300);
      expect(await run()).toMatchObject({ creates: 0, updates: 0, disables: 0 });
    } finally {
      await crowd.stop();
    }
  }, 180_000);
});
