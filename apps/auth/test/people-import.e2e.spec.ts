import { createPool, importPeople, listUsers, openSession, putRegistrationEntry, type User } from '@relais/contracts';
import { newId, type PoolId } from '@relais/kernel';
import { as } from './factors.js';
import { factsOf } from './facts.js';
import { aDevice } from './person.js';
import { phoneOf } from './phones.js';
import { unfindable } from './unfindable.js';
import { aMember, anOrganization, codeOf, type Member, startWorld, type World } from './world.js';

describe('a list of people', () => {
  let world: World;
  let owner: Member;

  beforeAll(async () => {
    world = await startWorld({ organizations: 20 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    owner = await anOrganization(world);
  });

  const run = (csv: string, more: object = { dryRun: false }, by = owner) =>
    world.bus.request(importPeople, { csv, ...more }, as(by));
  const people = async (): Promise<User[]> =>
    (await world.bus.request(listUsers, { limit: 200 }, as(owner))).items as User[];
  const aPool = async (name: string): Promise<PoolId> => {
    const id = newId<PoolId>();
    await world.bus.request(createPool, { id, name }, as(owner));
    return id;
  };

  it('makes each, with role and pools, and says so line by line', async () => {
    const [crew, night] = [await aPool('Crew'), await aPool('Nacht & Wache')];
    const csv = [
      'email,name,role,pools',
      'ada@brigade.example,Ada Able,admin,Crew|Nacht & Wache',
      'ben@brigade.example,"Ben ""the Boss"", Bold",,crew',
      'cora@brigade.example,Cora,member,',
    ].join('\n');

    const report = await run(csv);

    expect(report).toMatchObject({ isDryRun: false, made: 3, existing: 0, refused: 0 });
    expect(report.lines.map(({ line, outcome }) => [line, outcome])).toEqual([2, 3, 4].map((line) => [line, 'made']));
    const found = new Map((await people()).map((one) => [one.displayName, one]));
    expect(found.get('Ada Able')).toMatchObject({ role: 'admin', state: 'active' });
    expect(new Set(found.get('Ada Able')?.poolIds)).toEqual(new Set([crew, night]));
    expect(found.get('Ben "the Boss", Bold')?.poolIds).toEqual([crew]);
    expect(found.get('Cora')?.poolIds).toHaveLength(1);
    expect((await factsOf(world, 'user.provisioned')).slice(-3).map(({ actor }) => actor.id)).toEqual(
      Array.from({ length: 3 }, () => owner.tokens.userId),
    );
  });

  it('only looks without being told to do it', async () => {
    const before = (await people()).length;

    expect(await run('email,name\nada@brigade.example,Ada', {})).toMatchObject({
      ...{ isDryRun: true, made: 1, lines: [{ line: 2, outcome: 'would_make' }] },
    });
    expect(await people()).toHaveLength(before);
  });

  it('may be done again: who is there stays as they are', async () => {
    const csv = 'email,name,role\nada@brigade.example,Ada,member';
    await run(csv);

    const again = await run(csv.replace('Ada,member', 'Somebody else,admin'));

    expect(again).toMatchObject({ made: 0, existing: 1, lines: [{ line: 2, outcome: 'exists' }] });
    expect((await people()).map(({ displayName }) => displayName)).toContain('Ada');
  });

  it('is done once when it is done many times at once', async () => {
    const csv = `email,name\n${Array.from({ length: 30 }, (_, at) => `p${at}@brigade.example,P ${at}`).join('\n')}`;

    const reports = await Promise.all(Array.from({ length: 4 }, () => run(csv)));

    expect(reports.reduce((sum, { made }) => sum + made, 0)).toBe(30);
    expect((await people()).filter(({ displayName }) => displayName.startsWith('P '))).toHaveLength(30);
  });

  it('is read as Excel writes it in German: semicolons, a byte order mark, Windows line ends', async () => {
    const report = await run('\uFEFFE-Mail;Name;Rolle\r\nj\u00fcrgen@brigade.example;J\u00fcrgen;Member\r\n\r\n');
    const plain = await run('\uFEFFE-Mail;Name;Rolle\r\njuergen@brigade.example;J\u00fcrgen;Member\r\n\r\n');

    expect([report.lines[0]?.problem, plain.made]).toEqual(['email_invalid', 1]);
  });

  it('does what can be done, and says of each other line what to do about it', async () => {
    await aPool('Twin');
    await aPool('Twin');
    const csv = [
      'email,name,role,pools',
      'nonsense,Nobody,,',
      'a@brigade.example,,,',
      'b@brigade.example,B,boss,',
      'c@brigade.example,C,,Nowhere',
      'd@brigade.example,D,,Twin',
      'e@brigade.example,E,owner,',
      'f@brigade.example,F,,',
      'F@brigade.example,F again,,',
    ].join('\n');

    const { lines, made, refused } = await run(csv);

    expect([made, refused]).toEqual([1, 7]);
    expect(lines.map(({ problem }) => problem)).toEqual([
      ...['email_invalid', 'name_missing', 'role_unknown', 'pool_unknown', 'pool_ambiguous', 'role_unknown'],
      ...[undefined, 'twice_in_file'],
    ]);
    expect(lines.filter(({ problem }) => problem).every(({ says }) => (says ?? '').length > 10)).toBe(true);
  });

  it('gives numbers, and leaves out one that cannot be called, but not its person', async () => {
    const csv = [
      'Name;E-Mail;Telefon',
      'Ada;ada@brigade.example;+49 (0)151 1234-5678',
      'Ben;ben@brigade.example;030 1234567',
      'Cora;cora@brigade.example;',
    ].join('\n');

    const [looked, done] = [await run(csv, { dryRun: true }), await run(csv)];

    for (const { lines, made, refused } of [looked, done]) {
      expect([made, refused]).toEqual([3, 0]);
      expect(lines.map(({ problem }) => problem)).toEqual([undefined, 'phone_invalid', undefined]);
      expect(lines[1]?.says).toContain('country code');
    }
    const phones = await Promise.all(done.lines.map(({ userId }) => phoneOf(world, owner, userId as string)));
    expect(phones).toEqual(['+4915112345678', null, null]);
  });

  it('makes nobody whom the list of who may register leaves out', async () => {
    const entry = { kind: 'domain', value: 'brigade.example' };
    await world.bus.request(putRegistrationEntry, { id: newId() as never, entry: entry as never }, as(owner));

    const { lines } = await run('email,name\nin@brigade.example,In\nout@elsewhere.example,Out');

    expect(lines.map(({ outcome, problem }) => problem ?? outcome)).toEqual(['made', 'registration_not_allowed']);
  });

  it('gives nobody a password: a made person cannot sign in with any', async () => {
    await run('email,name\nada@brigade.example,Ada');
    const asked = { organization: owner.handle, email: 'ada@brigade.example', device: aDevice().device };

    for (const password of ['', '!', 'NO_PASSWORD', 'correct horse battery staple'])
      expect(await codeOf(world.bus.request(openSession, { ...asked, password }))).not.toBe('ok');
  });

  it.each([
    ['', 'csv_unreadable'],
    ['email\nada@brigade.example', 'csv_unreadable'],
    ['email,name,__proto__\na@b.example,A,x', 'csv_unreadable'],
    ['email,email,name\na@b.example,a@b.example,A', 'csv_unreadable'],
    ['email,name\n"a@b.example,A', 'csv_unreadable'],
    [`email,name\n${'a@b.example,A\n'.repeat(1_001)}`, 'too_many_lines'],
  ])('%j is refused as a whole', async (csv, code) => {
    expect(await codeOf(run(csv))).toBe(code);
  });

  it('is not for members', async () => {
    const member = await aMember(world, owner);
    expect(await codeOf(run('email,name\nada@brigade.example,Ada', {}, member))).toBe('forbidden');
  });

  it('of a thousand is made in one go', async () => {
    const csv = `email,name\n${Array.from({ length: 1_000 }, (_, at) => `t${at}@brigade.example,T ${at}`).join('\n')}`;
    expect(await run(csv)).toMatchObject({ made: 1_000, refused: 0 });
    expect(await unfindable(world, owner)).toEqual([]);
  });
});
