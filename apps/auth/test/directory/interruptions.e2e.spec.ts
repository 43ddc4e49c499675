import { listPools } from '@relais/contracts';
import { groupDn, personDn, Slapd, SUFFIX, TcpProxy } from '@relais/testing';
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

/**
 * What a run sends before the first people: to sign in, to ask where the server stands (twice) and for the groups. A page of people
 * each follows.
 */
const SENDS_BEFORE_PEOPLE = 4;

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

  it('brings 5,000 people and 300 groups, and puts nobody out, though the server is killed while it is read', async () => {
    const crowd = await many();
    const proxy = await TcpProxy.open(crowd.url);
    /** Begins a run, and kills the server when five pages of ten were asked for, and four given. */
    const interrupted = async () => {
      const isAsked = proxy.freezeAfter(SENDS_BEFORE_PEOPLE + 5);
      const begun = await start();
      await isAsked;
      await crowd.kill();
      proxy.thaw();
      const run = await settled(begun.id);
      await crowd.run();
      return run;
    };
    try {
      const mappings = [{ group: groupDn('g19'), poolId: site.pool }];
      await put({ urls: [proxy.url], groups: { base: `ou=groups,${SUFFIX}`, mappings } });

      const first = await interrupted();
      expect(first).toMatchObject({ state: 'failed', applied: 0 });
      expect(first.creates).toBeGreaterThan(0);
      expect(first.creates).toBeLessThan(5_000);
      expect(await run()).toMatchObject({ state: 'applied', creates: 5_000, applied: 5_000 });
      expect(await interrupted()).toMatchObject({ state: 'failed', disables: 0, applied: 0 });

      const { items } = await site.world.bus.request(listPools, {}, as(site.owner));
      expect(items.find(({ id }) => id === site.pool)?.users).toBe(300);
      expect(await run()).toMatchObject({ creates: 0, updates: 0, disables: 0, enables: 0 });
    } finally {
      await proxy.close();
      await crowd.stop();
    }
  }, 180_000);
});
