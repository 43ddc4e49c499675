import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import {
  approveDirectoryRun,
  createPool,
  type DirectoryRun,
  listDirectories,
  listDirectoryChanges,
  listDirectoryRuns,
  listPools,
  listUsers,
  openSession,
  putDirectory,
  readDirectoryRun,
  readMe,
  removeUser,
  startDirectoryRun,
  testDirectory,
  undoDirectoryRun,
  updateUser,
  type User,
} from '@relais/contracts';
import { newId, type PoolId } from '@relais/kernel';
import { Attribute, Change } from 'ldapts';
import { DirectoryRuns } from '../src/directory/directory-runs.js';
import { DirectorySchedule } from '../src/directory/directory-schedule.js';
import { Housekeeping } from '../src/housekeeping.postgres.js';
import { as } from './factors.js';
import { factsOf } from './facts.js';
import { aDevice } from './person.js';
import { emailOf, phoneOf, toldPhone } from './phones.js';
import { ADMIN, groupDn, PASSWORD, personDn, Slapd, SUFFIX } from '@relais/testing';
import { aMember, anOrganization, codeOf, type Member, signIn, startWorld, type World } from './world.js';

const PEOPLE = 60;
const newcomer = { objectClass: 'inetOrgPerson', uid: 'new', cn: 'New', sn: 'New', mail: 'new@brigade.example' };

describe('a directory', () => {
  let world: World;
  let slapd: Slapd;
  let owner: Member;
  let pool: PoolId;
  let directoryId: string;

  beforeAll(async () => {
    world = await startWorld({ organizations: 60 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    const people = Array.from({ length: PEOPLE }, (_, at) => ({ uid: `p${at}` }));
    slapd = await Slapd.start([...people, { uid: 'limited' }], {
      crew: [personDn('p0'), personDn('p1'), groupDn('night')],
      night: [personDn('p2'), groupDn('crew')],
      chiefs: [personDn('p3')],
    });
    owner = await anOrganization(world);
    pool = newId<PoolId>();
    await world.bus.request(createPool, { id: pool, name: 'Crew' }, as(owner));
    directoryId = newId();
    await put();
  });
  afterEach(() => slapd.stop());

  const settings = (more: object = {}) => ({
    ...{ name: 'AD', urls: [slapd.url], bindDn: ADMIN, bindPassword: PASSWORD },
    people: { base: `ou=people,${SUFFIX}`, filter: '(objectClass=inetOrgPerson)' },
    groups: {
      base: `ou=groups,${SUFFIX}`,
      mappings: [
        { group: groupDn('crew'), poolId: pool },
        { group: groupDn('chiefs'), role: 'admin' as const },
      ],
    },
    ...more,
  });
  const put = (more: object = {}) =>
    world.bus.request(putDirectory, { directoryId: directoryId as never, settings: settings(more) }, as(owner));
  const settled = async (runId: string): Promise<DirectoryRun> => {
    await world.app.get(DirectoryRuns).idle();
    return world.bus.request(readDirectoryRun, { runId: runId as never }, as(owner));
  };
  const run = async (dryRun = false) => {
    const begun = await world.bus.request(startDirectoryRun, { directoryId: directoryId as never, dryRun }, as(owner));
    return settled(begun.id);
  };
  const people = async (): Promise<User[]> => {
    const all: User[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await world.bus.request(listUsers, { limit: 200, ...(cursor ? { cursor } : {}) }, as(owner));
      all.push(...(page.items as User[]));
      if (!page.next) return all;
      cursor = page.next;
    }
  };
  const named = async (uid: string) => (await people()).find(({ displayName }) => displayName === `Person ${uid}`);
  const drop = (...uids: string[]) =>
    slapd.change(async (client) => {
      for (const uid of uids) await client.del(personDn(uid));
    });

  it('brings its people in, into the pools and roles of their groups, however deep (nested, in a loop)', async () => {
    expect(await run()).toMatchObject({ state: 'applied', seen: PEOPLE + 1, creates: PEOPLE + 1, applied: PEOPLE + 1 });

    const everybody = await people();
    expect(everybody).toHaveLength(PEOPLE + 2);
    const inPool = everybody.filter(({ poolIds }) => poolIds.includes(pool)).map(({ displayName }) => displayName);
    expect(inPool.sort()).toEqual(['Person p0', 'Person p1', 'Person p2']);
    expect((await named('p3'))?.role).toBe('admin');
    expect((await factsOf(world, 'user.provisioned')).length).toBeGreaterThanOrEqual(PEOPLE);
  });

  it('changes nothing when nothing has changed there, and only what has', async () => {
    await run();
    expect(await run()).toMatchObject({ state: 'applied', creates: 0, updates: 0, disables: 0 });

    await slapd.change((client) =>
      client.modify(
        personDn('p5'),
        new Change({ operation: 'replace', modification: new Attribute({ type: 'cn', values: ['Chief Five'] }) }),
      ),
    );

    expect(await run()).toMatchObject({ updates: 1, applied: 1 });
    expect((await people()).map(({ displayName }) => displayName)).toContain('Chief Five');
  });

  it('shows a plan that changes nothing until somebody approves it', async () => {
    const planned = await run(true);

    expect(planned).toMatchObject({ state: 'planned', creates: PEOPLE + 1, applied: 0 });
    expect(await people()).toHaveLength(1);
    const { items, next } = await world.bus.request(listDirectoryChanges, { runId: planned.id, limit: 10 }, as(owner));
    expect(items[0]).toMatchObject({ kind: 'create', isApplied: false });
    expect(items[0]?.email).toMatch(/@brigade\.example$/);
    expect(next).toBeDefined();
    await world.bus.request(approveDirectoryRun, { runId: planned.id }, as(owner));
    expect(await settled(planned.id)).toMatchObject({ state: 'applied', applied: PEOPLE + 1 });
    const approved = (await factsOf(world, 'directory-run.approved')).map(({ object }) => object.id);
    expect(approved).toEqual([planned.id]);
    expect(await codeOf(world.bus.request(approveDirectoryRun, { runId: planned.id }, as(owner)))).toBe(
      'run_state_conflict',
    );
  });

  it('puts out who is gone there, with their sessions, and lets them in again when they are back', async () => {
    await run();
    await drop('p9');

    expect(await run()).toMatchObject({ state: 'applied', disables: 1 });
    expect((await named('p9'))?.state).toBe('disabled');
    expect((await named('p8'))?.state).toBe('active');
  });

  it('shows what each person is and will be, also whom it would put out', async () => {
    await run();
    const before = await named('p2');
    await drop('p6');
    await slapd.change((client) =>
      client.modify(
        personDn('p2'),
        new Change({ operation: 'replace', modification: new Attribute({ type: 'cn', values: ['Renamed'] }) }),
      ),
    );
    const { id: runId } = await run(true);
    const changes = async () =>
      (await world.bus.request(listDirectoryChanges, { runId }, as(owner))).items.map(
        ({ position: _, ...rest }) => rest,
      );
    const was = { email: 'p2@brigade.example', displayName: 'Person p2', role: 'member', state: 'active' };
    const planned = [
      { kind: 'update', userId: before?.id, displayName: 'Renamed', before: { ...was, poolIds: before?.poolIds } },
      { kind: 'disable', displayName: 'Person p6', email: 'p6@brigade.example', before: { state: 'active' } },
    ];

    expect(await changes()).toMatchObject(planned);
    await world.bus.request(approveDirectoryRun, { runId }, as(owner));
    await settled(runId);
    expect(await changes()).toMatchObject(planned.map((one) => ({ ...one, isApplied: true })));
  });

  it('stops before it puts out more than the brake allows, and asks (T-21)', async () => {
    await run();
    await drop(...Array.from({ length: 10 }, (_, at) => `p${at + 20}`));

    const stopped = await run();
    expect(stopped).toMatchObject({ state: 'stopped', disables: 10, applied: 0 });
    expect(stopped.says).toContain('10 of 61 people');
    expect((await people()).filter(({ state }) => state === 'disabled')).toHaveLength(0);
    await world.bus.request(approveDirectoryRun, { runId: stopped.id }, as(owner));
    expect(await settled(stopped.id)).toMatchObject({ state: 'applied', applied: 10 });
    expect((await people()).filter(({ state }) => state === 'disabled')).toHaveLength(10);
  });

  it('is taken back for seven days, but not over what was changed by hand since', async () => {
    await run();
    await drop('p30', 'p31');
    const done = await run();
    const back = await named('p31');
    await world.bus.request(updateUser, { userId: back?.id as never, state: 'active' }, as(owner));

    expect(await world.bus.request(undoDirectoryRun, { runId: done.id }, as(owner))).toEqual({ undone: 1, skipped: 1 });
    expect((await named('p30'))?.state).toBe('active');
    expect((await factsOf(world, 'directory-run.undone')).length).toBeGreaterThan(0);

    await world.passDays(8);
    owner = await signIn(world, owner, owner.on);
    expect(await codeOf(world.bus.request(undoDirectoryRun, { runId: done.id }, as(owner)))).toBe('run_state_conflict');
  });

  describe('that has numbers', () => {
    const people = { base: `ou=people,${SUFFIX}`, filter: '(objectClass=inetOrgPerson)' };
    const withPhones = { people: { ...people, phone: ['mobile', 'telephoneNumber'] } };
    const replace = (uid: string, more: Record<string, string[]>) =>
      slapd.change((client) =>
        client.modify(
          personDn(uid),
          Object.entries(more).map(
            ([type, values]) => new Change({ operation: 'replace', modification: new Attribute({ type, values }) }),
          ),
        ),
      );
    const idOf = async (uid: string) => (await named(uid))?.id as string;
    const phone = async (uid: string) => phoneOf(world, owner, await idOf(uid));
    const changesOf = async (runId: string) =>
      (await world.bus.request(listDirectoryChanges, { runId: runId as never, limit: 200 }, as(owner))).items;

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
      await toldPhone(world, id, '+49307654321');
      await replace('p2', { telephoneNumber: ['+49 30 1111111'] });
      await run();
      await toldPhone(world, id, '+49301111111');
      await replace('p2', { telephoneNumber: [] });

      expect(await run()).toMatchObject({ updates: 1, applied: 1 });
      await toldPhone(world, id, undefined);
      expect(await phone('p1')).toBe('+4915112345678');
    });

    it('brings who has a bad one without it, and says so, in the plan, too', async () => {
      await put(withPhones);
      await replace('p5', { mobile: ['030 1234567'] });
      const planned = await run(true);
      expect(planned).toMatchObject({ state: 'planned', problems: 1 });
      await world.bus.request(approveDirectoryRun, { runId: planned.id }, as(owner));

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
      const tested = await world.bus.request(testDirectory, { directoryId: directoryId as never }, as(owner));
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
      await replace('p1', { objectClass: ['inetOrgPerson', 'shadowAccount'], shadowExpire: ['1'] });
      expect(await run()).toMatchObject({ disables: 1, applied: 1 });
      await replace('p1', { shadowExpire: [], mobile: ['+49 151 99999999'] });

      expect(await run()).toMatchObject({ enables: 1, applied: 1 });
      expect(await phone('p1')).toBe('+4915199999999');
    });

    it('is shown to whom it belongs', async () => {
      await put({ ...withPhones, passwordLogin: true });
      await run();
      const login = { organization: owner.handle, email: 'p1@brigade.example', password: 'secret-p1' };
      const tokens = await world.bus.request(openSession, { ...login, device: aDevice().device });
      expect((await world.bus.request(readMe, {}, as({ tokens }))).phone).toBe('+4915112345678');
    });

    it('is forgotten with a person who is removed, and after 30 days', async () => {
      await put(withPhones);
      const { id: runId } = await run();
      await world.bus.request(removeUser, { userId: (await idOf('p1')) as never }, as(owner));
      const left = await changesOf(runId);
      expect(left).toHaveLength(PEOPLE);
      expect(left.map(({ displayName }) => displayName)).not.toContain('Person p1');

      await world.passDays(29);
      await world.app.get(Housekeeping).run();
      owner = await signIn(world, owner, owner.on);
      expect(await changesOf(runId)).toHaveLength(PEOPLE);
      await world.passDays(2);
      await world.app.get(Housekeeping).run();
      owner = await signIn(world, owner, owner.on);
      expect(await codeOf(changesOf(runId))).toBe('run_not_found');
    });
  });

  it('never lets in again whom an administrator has put out, nor puts out who is protected', async () => {
    await run();
    const [put9, keep8] = [await named('p9'), await named('p8')];
    await world.bus.request(updateUser, { userId: put9?.id as never, state: 'disabled' }, as(owner));
    await put({ protectedUserIds: [keep8?.id] });
    await drop('p8');

    expect(await run()).toMatchObject({ disables: 1, applied: 0, problems: 1 });
    expect([(await named('p9'))?.state, (await named('p8'))?.state]).toEqual(['disabled', 'active']);
  });

  it('takes over nobody who was there before, whatever their address', async () => {
    await slapd.change((client) =>
      client.modify(
        personDn('p7'),
        new Change({
          operation: 'replace',
          modification: new Attribute({ type: 'mail', values: [owner.person.email] }),
        }),
      ),
    );

    expect(await run()).toMatchObject({ state: 'applied', problems: 1, applied: PEOPLE });
    expect((await people()).filter(({ role }) => role === 'owner')).toHaveLength(1);
  });

  describe('that answers badly puts nobody out (F-35)', () => {
    const unharmed = async (says: RegExp) => {
      const failed = await run();
      expect(failed).toMatchObject({ state: 'failed', applied: 0 });
      expect(failed.says).toMatch(says);
      expect((await people()).filter(({ state }) => state === 'disabled')).toHaveLength(0);
    };
    const impostor = async (behave: (server: Server) => void, test: (url: string) => Promise<void>) => {
      const server = createServer();
      behave(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      await test(`ldap://127.0.0.1:${(server.address() as AddressInfo).port}`).finally(() => server.close());
    };

    beforeEach(() => run());

    it('with nobody', async () => {
      await put({ people: { base: `ou=people,${SUFFIX}`, filter: '(uid=nobody)' } });
      await unharmed(/shows nobody/);
    });

    it('with a part of them only: a limit on how many it gives', async () => {
      await put({ bindDn: personDn('limited'), bindPassword: 'secret-limited', pageSize: 10 });
      await unharmed(/fewer entries|SizeLimit|AdminLimit|Unwilling/i);
    });

    it('because it is gone', async () => {
      await slapd.kill();
      await unharmed(/nothing answers/);
      await slapd.run();
      expect(await run()).toMatchObject({ state: 'applied', applied: 0 });
    });

    it('with a wrong password', async () => {
      await put({ bindPassword: 'wrong' });
      await unharmed(/bind name or password is wrong/);
    });

    it('without TLS, where it is asked for', async () => {
      await put({ startTls: true });
      await unharmed(/does not start TLS/);
    });

    it('with a referral to another server, or in a circle back to itself', async () => {
      const refer = (to: string) =>
        slapd.change((client) =>
          client.add(`ou=elsewhere,ou=people,${SUFFIX}`, {
            objectClass: ['referral', 'extensibleObject'],
            ou: 'elsewhere',
            ref: `${to}/ou=people,${SUFFIX}`,
          }),
        );
      await refer(slapd.url);
      await unharmed(/refers to other servers/);
      await put({ people: { base: `ou=elsewhere,ou=people,${SUFFIX}`, filter: '(objectClass=inetOrgPerson)' } });
      await unharmed(/./);
    });

    it('with silence, after it has let us in', async () => {
      const door = createServer((socket) => {
        const inside = connect(slapd.port, '127.0.0.1');
        socket.on('error', () => undefined).pipe(inside);
        inside.on('error', () => undefined).once('data', (welcome) => socket.write(welcome));
        socket.once('close', () => inside.destroy());
      });
      await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
      try {
        await put({ urls: [`ldap://127.0.0.1:${(door.address() as AddressInfo).port}`] });
        await unharmed(/timeout|time/i);
      } finally {
        door.close();
      }
    }, 90_000);

    it('with rubbish', async () => {
      await impostor(
        (server) =>
          server.on('connection', (socket) =>
            socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).on('error', () => undefined),
          ),
        async (url) => {
          await put({ urls: [url] });
          await unharmed(/./);
        },
      );
    });
  });

  it('that dies in the middle of a run is read from the beginning by the next one', async () => {
    await put({ pageSize: 10 });
    const begun = await world.bus.request(startDirectoryRun, { directoryId: directoryId as never }, as(owner));
    await slapd.kill();
    const first = await settled(begun.id);
    await slapd.run();

    const second = await run();
    expect(['failed', 'applied']).toContain(first.state);
    expect(first.applied + second.applied).toBe(PEOPLE + 1);
    expect(await people()).toHaveLength(PEOPLE + 2);
  });

  it('is gone on with where a replica left it', async () => {
    const planned = await run(true);
    await world.db.query(`SELECT set_config('relais.org', $1, false)`, [owner.tokens.organizationId]);
    const { main } = world;
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: main.ownerUrl });
    await client.connect();
    await client.query(`SELECT set_config('relais.org', $1, false)`, [owner.tokens.organizationId]);
    await client.query(`UPDATE directory_run SET state = 'applying' WHERE id = $1`, [planned.id]);
    await client.end();

    await world.app.get(DirectorySchedule).look();

    expect(await settled(planned.id)).toMatchObject({ state: 'applied', applied: PEOPLE + 1 });
  });

  it('says in words what is wrong before anybody depends on it', async () => {
    const test = () => world.bus.request(testDirectory, { directoryId: directoryId as never }, as(owner));

    expect(await test()).toMatchObject({
      steps: [{ step: 'connect', isOk: true }, { step: 'bind' }, { step: 'groups' }, { step: 'people', isOk: true }],
    });
    expect((await test()).samples).toHaveLength(5);
    await put({ bindPassword: 'wrong' });
    expect((await test()).steps.at(-1)).toMatchObject({
      step: 'bind',
      isOk: false,
      says: expect.stringContaining('the bind name or password is wrong') as string,
    });
    await put({ groups: { base: `ou=groups,${SUFFIX}`, mappings: [{ group: groupDn('nobody'), poolId: pool }] } });
    expect((await test()).steps.at(-1)).toMatchObject({
      step: 'groups',
      isOk: false,
      says: `there is no group ${groupDn('nobody')}`,
    });
  });

  it('runs by itself when its time has come', async () => {
    await put({ everyMinutes: 5 });
    const look = async () => {
      await world.app.get(DirectorySchedule).look();
      await world.app.get(DirectoryRuns).idle();
    };
    await look();
    expect(await people()).toHaveLength(1);
    world.clock.advance(4 * 60_000);
    await look();
    expect(await people()).toHaveLength(1);
    world.clock.advance(61_000);
    owner = await signIn(world, owner, owner.on);
    await look();
    expect(await people()).toHaveLength(PEOPLE + 2);
  });

  describe('on schedule reads no more than it has to', () => {
    const scheduled = async (): Promise<DirectoryRun> => {
      world.clock.advance(5 * 60_000);
      owner = await signIn(world, owner, owner.on);
      await world.app.get(DirectorySchedule).look();
      await world.app.get(DirectoryRuns).idle();
      const { items } = await world.bus.request(listDirectoryRuns, { directoryId: directoryId as never }, as(owner));
      return items[0] as DirectoryRun;
    };
    const replace = (dn: string, type: string, values: string[]) =>
      slapd.change((client) =>
        client.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type, values }) })),
      );

    beforeEach(async () => {
      await put({ everyMinutes: 5 });
      expect(await scheduled()).toMatchObject({ state: 'applied', isWhole: true, applied: PEOPLE + 1 });
    });

    it('nothing, where nothing has changed there', async () => {
      expect(await scheduled()).toMatchObject({ state: 'applied', isWhole: false, seen: 0, applied: 0 });
    });

    it('who has changed, and nobody else, with what their groups give them', async () => {
      await replace(personDn('p1'), 'cn', ['Renamed']);
      expect(await scheduled()).toMatchObject({ isWhole: false, seen: 1, updates: 1, applied: 1 });
      expect((await people()).find(({ displayName }) => displayName === 'Renamed')?.poolIds).toContain(pool);
      expect(await scheduled()).toMatchObject({ isWhole: false, seen: 0 });

      await replace(`ou=people,${SUFFIX}`, 'description', ['changed, and nothing to us']);
      expect(await scheduled()).toMatchObject({ isWhole: false, seen: 0, applied: 0 });
    });

    it.each<[string, () => Promise<unknown>, object]>([
      ['somebody has gone', () => drop('p5'), { disables: 1 }],
      ['somebody has come', () => slapd.change((client) => client.add(personDn('new'), newcomer)), { creates: 1 }],
      [
        'somebody has moved',
        () => slapd.change((client) => client.modifyDN(personDn('p6'), 'uid=moved')),
        { updates: 1 },
      ],
      ['a group has changed', () => replace(groupDn('night'), 'member', [personDn('p9')]), { updates: 2 }],
    ])('everybody, when %s', async (_, change, counts) => {
      await change();
      expect(await scheduled()).toMatchObject({ state: 'applied', isWhole: true, ...counts });
      expect(await scheduled()).toMatchObject({ isWhole: false, seen: 0 });
    });

    it('everybody, when an account has run out, which nobody changed', async () => {
      const today = Math.floor(world.clock.now().getTime() / 86_400_000);
      await slapd.change((client) =>
        client.modify(personDn('p4'), [
          new Change({
            operation: 'add',
            modification: new Attribute({ type: 'objectClass', values: ['shadowAccount'] }),
          }),
          new Change({
            operation: 'add',
            modification: new Attribute({ type: 'shadowExpire', values: [String(today + 1)] }),
          }),
        ]),
      );
      expect(await scheduled()).toMatchObject({ isWhole: false, seen: 1, applied: 0 });
      await world.passDays(1);
      expect(await scheduled()).toMatchObject({ isWhole: true, disables: 1 });
    });

    it('everybody, once a day, by hand, and after its settings have changed', async () => {
      await world.passDays(1);
      expect(await scheduled()).toMatchObject({ isWhole: true });
      expect(await run()).toMatchObject({ isWhole: true });
      await put({ everyMinutes: 5, name: 'Another' });
      expect(await scheduled()).toMatchObject({ isWhole: true });
    });

    it('what could not be done, again', async () => {
      await replace(personDn('p7'), 'mail', [owner.person.email]);
      expect(await scheduled()).toMatchObject({ isWhole: false, problems: 1 });
      expect(await scheduled()).toMatchObject({ isWhole: false, problems: 1 });
      await replace(personDn('p7'), 'mail', ['p7.again@brigade.example']);
      expect(await scheduled()).toMatchObject({ isWhole: false, problems: 0, applied: 1 });
    });
  });

  it('is the business of administrators, whose secrets it keeps', async () => {
    const member = await aMember(world, owner);
    const request = { directoryId: directoryId as never };

    expect(await codeOf(world.bus.request(startDirectoryRun, request, as(member)))).toBe('forbidden');
    expect(await codeOf(world.bus.request(putDirectory, { ...request, settings: settings() }, as(member)))).toBe(
      'forbidden',
    );
    const listed = JSON.stringify(await world.bus.request(listDirectories, {}, as(owner)));
    expect(listed).toContain(ADMIN);
    expect(listed).not.toContain(PASSWORD);
    expect(await codeOf(put({ urls: ['ldap://ldap.example.org'] }))).toBe('directory_unsafe');
    await put({ bindPassword: undefined });
    expect(await run()).toMatchObject({ state: 'applied' });
  });

  it('brings 5,000 people and 300 groups, though it is killed and started again in the middle', async () => {
    const many = await Slapd.start(
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
    try {
      const mappings = [{ group: groupDn('g19'), poolId: pool }];
      await put({ urls: [many.url], groups: { base: `ou=groups,${SUFFIX}`, mappings } });
      const begun = await world.bus.request(startDirectoryRun, { directoryId: directoryId as never }, as(owner));
      await new Promise((resolve) => setTimeout(resolve, 400));
      await many.kill();
      const first = await settled(begun.id);
      await many.run();
      const second = await run();

      expect(first.applied + second.applied).toBe(5_000);
      const [pooled] = await world.bus
        .request(listPools, {}, as(owner))
        .then(({ items }) => items.filter(({ id }) => id === pool));
      expect(pooled?.users).toBe(300);
      expect(await run()).toMatchObject({ creates: 0, updates: 0, disables: 0 });
    } finally {
      await many.stop();
    }
  }, 180_000);

  describe('whose passwords people use', () => {
    const login = (uid: string, password: string, on = aDevice()) =>
      codeOf(
        world.bus.request(openSession, {
          organization: owner.handle,
          email: `${uid}@brigade.example`,
          password,
          device: on.device,
        }),
      );

    it('decides while it answers, and is not missed when it is away (T-22)', async () => {
      await put({ passwordLogin: true });
      await run();

      expect(await login('p1', 'secret-p1')).toBe('ok');
      expect(await login('p1', 'secret-p2')).toBe('login_failed');
      expect(await login('p2', '')).toBe('login_failed');
      await slapd.kill();
      expect(await login('p1', 'secret-p1')).toBe('ok');
      expect(await login('p1', 'secret-p2')).toBe('login_failed');
      expect(await login('p2', 'secret-p2')).toBe('login_failed');
    });

    it('is asked once about everybody who is refused, whether they come from it, from elsewhere or are nobody (A-27)', async () => {
      let asked = 0;
      const door = createServer((socket) => {
        asked++;
        socket
          .on('error', () => undefined)
          .pipe(connect(slapd.port, '127.0.0.1').on('error', () => undefined))
          .pipe(socket);
      });
      await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
      await put({ passwordLogin: true, urls: [`ldap://127.0.0.1:${(door.address() as AddressInfo).port}`] });
      await run();
      const askedFor = async (email: string) => {
        const before = asked;
        const tried = { organization: owner.handle, email, password: 'a guess of somebody', device: aDevice().device };
        expect(await codeOf(world.bus.request(openSession, tried))).toBe('login_failed');
        return asked - before;
      };

      expect(await askedFor('p1@brigade.example')).toBe(1);
      expect(await askedFor('nobody@brigade.example')).toBe(1);
      expect(await askedFor(owner.person.email)).toBe(1);
      door.close();
    });

    it('takes them from no filter and no other name (A-02)', async () => {
      await put({ passwordLogin: true });
      await run();
      const names = ['*)(uid=*))(|(uid=*', 'p1)(cn=*', '*', `p1,ou=people,${SUFFIX}`];
      for (const name of names) {
        const tried = {
          organization: owner.handle,
          email: `"${name}"@brigade.example`,
          password: 'secret-p1',
          device: aDevice().device,
        };
        expect(await codeOf(world.bus.request(openSession, tried))).not.toBe('ok');
      }
    });

    it('puts out at the next login who is disabled there', async () => {
      await put({
        passwordLogin: true,
        people: { base: `ou=people,${SUFFIX}`, filter: '(objectClass=inetOrgPerson)' },
      });
      await run();
      expect(await login('p4', 'secret-p4')).toBe('ok');
      await slapd.change((client) =>
        client.modify(personDn('p4'), [
          new Change({
            operation: 'add',
            modification: new Attribute({ type: 'objectClass', values: ['shadowAccount'] }),
          }),
          new Change({ operation: 'add', modification: new Attribute({ type: 'shadowExpire', values: ['1'] }) }),
        ]),
      );
      world.clock.advance(61_000);
      expect(await login('p4', 'secret-p4')).toBe('login_failed');
    });
  });

  it('lets nobody in by a password that they do not have', async () => {
    await run();
    const login = { organization: owner.handle, email: 'p1@brigade.example', device: aDevice().device };
    for (const password of ['none', 'secret-p1 and more words', ''])
      expect(await codeOf(world.bus.request(openSession, { ...login, password }))).toBe('login_failed');
  });
});
