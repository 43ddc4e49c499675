import {
  createPool,
  type DirectoryChange,
  type DirectoryRun,
  listDirectoryChanges,
  listUsers,
  putDirectory,
  readDirectoryRun,
  startDirectoryRun,
  type User,
} from '@relais/contracts';
import { newId, type PoolId } from '@relais/kernel';
import { ADMIN, groupDn, PASSWORD, personDn, Slapd, SUFFIX } from '@relais/testing';
import { Attribute, Change } from 'ldapts';
import { DirectoryRuns } from '../../src/directory/directory-runs.js';
import { as } from '../factors.js';
import { anOrganization, type Member, signIn, startWorld, type World } from '../world.js';

/** How many people there are, beside one who may not read them all. */
export const PEOPLE = 60;
export const everyone = { base: `ou=people,${SUFFIX}`, filter: '(objectClass=inetOrgPerson)' };

/** An organization with a directory: auth stays for all tests of a file, the rest is made anew for each. */
export class DirectorySite {
  world!: World;
  slapd!: Slapd;
  owner!: Member;
  pool!: PoolId;
  directoryId!: never;

  async open(): Promise<void> {
    this.world = await startWorld({ organizations: 60 });
  }

  async fill(): Promise<void> {
    const people = Array.from({ length: PEOPLE }, (_, at) => ({ uid: `p${at}` }));
    this.slapd = await Slapd.start([...people, { uid: 'limited' }], {
      crew: [personDn('p0'), personDn('p1'), groupDn('night')],
      night: [personDn('p2'), groupDn('crew')],
      chiefs: [personDn('p3')],
    });
    this.owner = await anOrganization(this.world);
    this.pool = newId<PoolId>();
    await this.world.bus.request(createPool, { id: this.pool, name: 'Crew' }, as(this.owner));
    this.directoryId = newId<never>();
    await this.put();
  }

  settings = (more: object = {}) => ({
    ...{ name: 'AD', urls: [this.slapd.url], bindDn: ADMIN, bindPassword: PASSWORD },
    people: everyone,
    groups: {
      base: `ou=groups,${SUFFIX}`,
      mappings: [
        { group: groupDn('crew'), poolId: this.pool },
        { group: groupDn('chiefs'), role: 'admin' as const },
      ],
      raisesRoles: 'apply' as const,
    },
    ...more,
  });

  put = (more: object = {}) => {
    const { directoryId } = this;
    return this.world.bus.request(putDirectory, { directoryId, settings: this.settings(more) }, as(this.owner));
  };

  start = (dryRun = false): Promise<DirectoryRun> =>
    this.world.bus.request(startDirectoryRun, { directoryId: this.directoryId, dryRun }, as(this.owner));

  /** As directories are where nothing is said: they ask before somebody becomes more than a member. */
  putCautious = (more: object = {}) => {
    const { groups } = this.settings();
    return this.put({ ...more, groups: { ...groups, raisesRoles: undefined } });
  };

  /** A run that has come to its end, or to where it waits for somebody. */
  settled = async (runId: string): Promise<DirectoryRun> => {
    await this.world.app.get(DirectoryRuns).idle();
    return this.world.bus.request(readDirectoryRun, { runId: runId as never }, as(this.owner));
  };

  run = async (dryRun = false): Promise<DirectoryRun> => this.settled((await this.start(dryRun)).id);

  changesOf = async (runId: string): Promise<DirectoryChange[]> => {
    const asked = { runId: runId as never, limit: 200 };
    return (await this.world.bus.request(listDirectoryChanges, asked, as(this.owner))).items;
  };

  people = async (): Promise<User[]> => {
    const all: User[] = [];
    for (let cursor: string | undefined; ;) {
      const asked = { limit: 200, ...(cursor ? { cursor } : {}) };
      const page = await this.world.bus.request(listUsers, asked, as(this.owner));
      all.push(...(page.items as User[]));
      if (!page.next) return all;
      cursor = page.next;
    }
  };

  named = async (uid: string) => (await this.people()).find(({ displayName }) => displayName === `Person ${uid}`);

  drop = (...uids: string[]) =>
    this.slapd.change(async (client) => {
      for (const uid of uids) await client.del(personDn(uid));
    });

  replace = (dn: string, more: Record<string, string[]>) =>
    this.slapd.change((client) =>
      client.modify(
        dn,
        Object.entries(more).map(
          ([type, values]) => new Change({ operation: 'replace', modification: new Attribute({ type, values }) }),
        ),
      ),
    );

  /** The account of a person ends on this day, counted from 1970. */
  expire = (uid: string, day: number) =>
    this.replace(personDn(uid), { objectClass: ['inetOrgPerson', 'shadowAccount'], shadowExpire: [String(day)] });

  /** Time has passed, and the owner's token with it. */
  signInAgain = async (): Promise<void> => {
    this.owner = await signIn(this.world, this.owner, this.owner.on);
  };
}

/** One for the file that calls this. */
export function aDirectorySite(): DirectorySite {
  const site = new DirectorySite();
  beforeAll(() => site.open());
  afterAll(() => site.world.close());
  beforeEach(() => site.fill());
  afterEach(() => site.slapd.stop());
  return site;
}
