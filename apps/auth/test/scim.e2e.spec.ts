import {
  createPool,
  deleteProvisioningClient,
  listUsers,
  releaseProvisioningBrake,
  rotateProvisioningSecret,
  updateUser,
  type User,
} from '@relais/contracts';
import { newId, type PoolId } from '@relais/kernel';
import { Refusals } from '../src/facts/refusals.js';
import { as } from './factors.js';
import { factsOf } from './facts.js';
import { phoneOf, toldPhone } from './phones.js';
import { ScimTester } from './scim.js';
import { unfindable } from './unfindable.js';
import { anOrganization, codeOf, type Member, startWorld, type World } from './world.js';

describe('SCIM (RFC 7643, RFC 7644)', () => {
  let world: World;
  let owner: Member;
  let scim: ScimTester;

  beforeAll(async () => {
    world = await startWorld({ organizations: 90 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    owner = await anOrganization(world);
    scim = await ScimTester.of(world, owner);
  });

  const people = async (): Promise<User[]> =>
    (await world.bus.request(listUsers, { limit: 200 }, as(owner))).items as User[];
  const person = async (id: string) => (await people()).find((one) => one.id === id);
  const idOf = async (made: ReturnType<ScimTester['user']>): Promise<string> => (await made).body.id as string;

  describe('asks who speaks', () => {
    it('and answers nobody without the secret of a client (A-42)', async () => {
      for (const bearer of ['', 'x', `${scim.bearer}x`, scim.bearer.slice(0, -1)]) {
        scim.bearer = bearer;
        const { status, body } = await scim.ask('GET', '/Users');
        expect([status, body.status]).toEqual([401, '401']);
      }
    });

    it('and takes the secret before the last one for a day more', async () => {
      const { secret } = await world.bus.request(
        rotateProvisioningSecret,
        { clientId: scim.clientId as never, overlapSeconds: 60 },
        as(owner),
      );
      const statusWith = async (bearer: string) => {
        scim.bearer = bearer;
        return (await scim.ask('GET', '/Users')).status;
      };
      const old = scim.bearer;

      expect([await statusWith(old), await statusWith(secret)]).toEqual([200, 200]);
      world.clock.advance(61_000);
      expect([await statusWith(old), await statusWith(secret)]).toEqual([401, 200]);
    });

    it('and knows a client no more that was deleted, whose people stay', async () => {
      const id = await idOf(scim.user('ada@brigade.example'));
      await world.bus.request(deleteProvisioningClient, { clientId: scim.clientId as never }, as(owner));

      expect((await scim.ask('GET', '/Users')).status).toBe(401);
      expect(await person(id)).toMatchObject({ state: 'active' });
    });

    it('and shows it nothing of another client, nor of another organization (A-45)', async () => {
      const id = await idOf(scim.user('ada@brigade.example'));
      const others = [await ScimTester.of(world, owner), await ScimTester.of(world, await anOrganization(world))];

      for (const other of others) {
        for (const method of ['GET', 'DELETE']) expect((await other.ask(method, `/Users/${id}`)).status).toBe(404);
        const put = { schemas: [], userName: 'mine@brigade.example' };
        expect((await other.ask('PUT', `/Users/${id}`, { json: put })).status).toBe(404);
        expect((await other.ask('GET', '/Users')).body.totalResults).toBe(0);
        expect((await other.group('Crew', [id])).status).toBe(400);
      }
      expect((await scim.ask('GET', `/Users/${owner.tokens.userId}`)).status).toBe(404);
    });
  });

  describe('of people', () => {
    it('makes one who is a member without a password, once', async () => {
      const made = await scim.user('Ada@brigade.example', { displayName: 'Ada', externalId: '17' });
      const again = await scim.user('ada@brigade.example');

      expect(made).toMatchObject({ status: 201, location: `/scim/v2/Users/${made.body.id}` });
      expect(made.body).toMatchObject({ userName: 'Ada@brigade.example', externalId: '17', active: true });
      expect(again.body).toMatchObject({ status: '409', scimType: 'uniqueness' });
      expect(await person(made.body.id)).toMatchObject({ displayName: 'Ada', role: 'member', state: 'active' });
      expect((await factsOf(world, 'user.provisioned')).at(-1)).toMatchObject({
        actor: { kind: 'provisioning_client', id: scim.clientId },
        object: { id: made.body.id },
      });
    });

    it('replaces one, and changes nothing where nothing is different', async () => {
      const id = await idOf(scim.user('ada@brigade.example', { displayName: 'Ada' }));
      const put = (displayName: string) =>
        scim.ask('PUT', `/Users/${id}`, { json: { schemas: [], userName: 'ada@brigade.example', displayName } });
      const [first, same, other] = [await put('Ada'), await put('Ada'), await put('Ada Able')];

      expect([first.status, same.etag, other.status]).toEqual([200, first.etag, 200]);
      expect(other.etag).not.toBe(first.etag);
      expect((await person(id))?.displayName).toBe('Ada Able');
      expect(await unfindable(world, owner)).toEqual([]);
    });

    it('takes a PATCH as Microsoft Entra ID writes it', async () => {
      const id = await idOf(scim.user('ada@brigade.example'));

      const patched = await scim.patch(
        `/Users/${id}`,
        { op: 'Replace', path: 'displayName', value: 'Ada Able' },
        { op: 'Add', path: 'emails[type eq "work"].value', value: 'able@brigade.example' },
        { op: 'Add', path: 'name.familyName', value: 'Able' },
        { op: 'Replace', path: 'active', value: 'False' },
        { op: 'Add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', value: 'Fire' },
      );

      expect(patched.status).toBe(200);
      expect(patched.body).toMatchObject({ displayName: 'Ada Able', active: false, name: { familyName: 'Able' } });
      expect(await person(id)).toMatchObject({ displayName: 'Ada Able', state: 'disabled' });
      expect(await scim.find('/Users', 'emails.value eq "able@brigade.example"')).toEqual(['ada@brigade.example']);
    });

    it('takes a PATCH as Okta writes it: without a path', async () => {
      const id = await idOf(scim.user('ada@brigade.example'));

      expect((await scim.patch(`/Users/${id}`, { op: 'replace', value: { active: false } })).body.active).toBe(false);
      expect((await person(id))?.state).toBe('disabled');
      expect((await scim.patch(`/Users/${id}`, { op: 'replace', value: { id, active: true } })).body.active).toBe(true);
      expect((await person(id))?.state).toBe('active');
    });

    it('lets in again only whom it put out itself', async () => {
      const id = await idOf(scim.user('ada@brigade.example'));
      await world.bus.request(updateUser, { userId: id as never, state: 'disabled' }, as(owner));

      const answer = await scim.patch(`/Users/${id}`, { op: 'replace', value: { active: true } });

      expect([answer.status, answer.body.active]).toEqual([200, false]);
      expect((await person(id))?.state).toBe('disabled');
    });

    it('deletes one for good', async () => {
      const id = await idOf(scim.user('ada@brigade.example'));

      expect((await scim.ask('DELETE', `/Users/${id}`)).status).toBe(204);
      expect((await scim.ask('GET', `/Users/${id}`)).status).toBe(404);
      expect(await person(id)).toBeUndefined();
      expect((await factsOf(world, 'user.removed')).at(-1)).toMatchObject({ object: { id } });
      expect((await scim.user('ada@brigade.example')).status).toBe(201);
    });
  });

  describe('of numbers', () => {
    const numbers = (...phoneNumbers: object[]) => ({ phoneNumbers });
    const work = { value: 'tel:+49-30-1234567', type: 'work' };
    const mobile = { value: '+49 151 12345678', type: 'mobile' };
    const phone = (id: string) => phoneOf(world, owner, id);

    it('takes the primary one, else the mobile one, else the one at work; whichever can be called', async () => {
      const made = async (name: string, ...given: object[]) =>
        phone(await idOf(scim.user(`${name}@brigade.example`, numbers(...given))));

      expect(await made('ada', work, mobile)).toBe('+4915112345678');
      expect(await made('ben', { ...work, primary: true }, mobile)).toBe('+49301234567');
      expect(await made('cora', { value: '112', type: 'mobile', primary: true }, { value: '' }, work)).toBe(
        '+49301234567',
      );
    });

    it('takes a PATCH as Microsoft Entra ID writes it, keeps what is not spoken of and takes away what is removed', async () => {
      const id = await idOf(scim.user('ada@brigade.example'));
      const patch = (...operations: object[]) => scim.patch(`/Users/${id}`, ...operations);

      const added = await patch({ op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: mobile.value });
      expect(added.body.phoneNumbers).toEqual([{ type: 'mobile', value: mobile.value }]);
      await toldPhone(world, id, '+4915112345678');
      await patch({ op: 'Replace', path: 'displayName', value: 'Ada' });
      expect(await phone(id)).toBe('+4915112345678');
      expect(await scim.find('/Users', 'phoneNumbers[type eq "mobile" and value co "12345678"]')).toHaveLength(1);
      await patch({ op: 'Replace', path: 'phoneNumbers[type eq "mobile"].value', value: '+49 151 87654321' });
      expect(await phone(id)).toBe('+4915187654321');
      await patch({ op: 'Remove', path: 'phoneNumbers[type eq "mobile"]' });
      await toldPhone(world, id, undefined);
      expect(await phone(id)).toBeNull();
    });

    it('takes them away with a PUT without them', async () => {
      const id = await idOf(scim.user('ada@brigade.example', numbers(mobile)));
      await scim.ask('PUT', `/Users/${id}`, { json: { schemas: [], userName: 'ada@brigade.example' } });
      expect(await phone(id)).toBeNull();
    });

    it('lets one that cannot be called keep nobody out, and says so in the fact', async () => {
      const bad = { value: '030 1234567', type: 'work' };
      const made = await scim.user('ada@brigade.example', numbers(bad));
      const id = made.body.id as string;

      expect([made.status, made.body.phoneNumbers, await phone(id)]).toEqual([201, [bad], null]);
      expect((await factsOf(world, 'user.provisioned')).at(-1)?.after).toMatchObject({ problem: 'phone_invalid' });
      await scim.patch(`/Users/${id}`, { op: 'replace', value: numbers(mobile) });
      expect(await phone(id)).toBe('+4915112345678');
      await scim.patch(`/Users/${id}`, { op: 'replace', value: numbers(bad) });
      expect(await phone(id)).toBeNull();
      const facts = (await factsOf(world, 'user.changed')).slice(-2).map(({ after }) => after?.['problem']);
      expect(facts).toEqual([undefined, 'phone_invalid']);
    });
  });

  describe('puts out', () => {
    const many = async (count: number, from: ScimTester): Promise<string[]> => {
      const ids: string[] = [];
      for (let at = 0; at < count; at++) ids.push(await idOf(from.user(`p${at}@brigade.example`)));
      return ids;
    };
    const out = (from: ScimTester, id: string) =>
      from.patch(`/Users/${id}`, { op: 'replace', value: { active: false } });

    it('no more within an hour than the brake lets through, until somebody releases it (R-I7)', async () => {
      const careful = await ScimTester.of(world, owner, { brake: { percent: 10, people: 50, always: 2 } });
      const [first, second, third, fourth] = (await many(5, careful)) as [string, string, string, string];
      expect([(await out(careful, first)).status, (await out(careful, second)).status]).toEqual([200, 200]);

      const stopped = await out(careful, third);
      expect(stopped.status).toBe(429);
      expect(stopped.retryAfterSeconds).toBeGreaterThan(3_500);
      expect((await careful.ask('DELETE', `/Users/${third}`)).status).toBe(429);
      expect((await person(third))?.state).toBe('active');
      await world.app.get(Refusals).settled();
      expect((await factsOf(world, 'user.disabled')).at(-1)).toMatchObject({
        ...{ outcome: 'refused', object: { id: third }, after: { code: 'brake' } },
      });

      await world.bus.request(releaseProvisioningBrake, { clientId: careful.clientId as never }, as(owner));
      expect((await out(careful, third)).status).toBe(200);
      world.clock.advance(3_601_000);
      expect((await out(careful, fourth)).status).toBe(200);
      world.clock.advance(-3_601_000);
    });

    it('nobody who is protected, and not the last owner', async () => {
      const id = await idOf(scim.user('ada@brigade.example'));
      const protective = await ScimTester.of(world, owner, { protectedUserIds: [id] });
      expect((await out(protective, id)).status).toBe(404);
      const mine = await idOf(protective.user('ben@brigade.example'));
      expect((await out(protective, mine)).status).toBe(200);
    });

    it('somebody whose sessions end at once', async () => {
      const id = await idOf(scim.user('ada@brigade.example'));
      const before = await factsOf(world, 'user.disabled');
      await out(scim, id);

      expect((await factsOf(world, 'user.disabled')).length).toBe(before.length + 1);
      expect(world.trust).toBeDefined();
    });
  });

  describe('finds', () => {
    const names = ['ada', 'ben', 'cora', 'dora'];
    beforeEach(async () => {
      for (const [at, name] of names.entries())
        await scim.user(`${name}@brigade.example`, {
          ...{ displayName: `${name.toUpperCase()} ${at}`, externalId: `x-${at}`, active: name !== 'dora' },
          name: { familyName: `Family ${at % 2}` },
        });
    });
    const found = async (filter: string) =>
      (await scim.find('/Users', filter)).map((name) => name.split('@')[0] as string).sort();

    it.each([
      ['userName eq "BEN@brigade.example"', ['ben']],
      ['externalId eq "x-2"', ['cora']],
      ['externalId eq "X-2"', []],
      ['emails[value eq "ada@brigade.example"]', []],
      ['displayName sw "a"', ['ada']],
      ['displayName ew "3" or displayName co "RA 2"', ['cora', 'dora']],
      ['name.familyName eq "Family 1" and not (userName eq "ben@brigade.example")', ['dora']],
      ['active eq false', ['dora']],
      ['active eq "True" and userName pr', ['ada', 'ben', 'cora']],
      ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@brigade.example"', ['ada']],
      ['USERNAME eq "ada@brigade.example"', ['ada']],
      ['userName ne "ada@brigade.example"', ['ben', 'cora', 'dora']],
      ['meta.created gt "2000-01-01T00:00:00Z"', names],
    ])('%s', async (filter, expected) => {
      expect(await found(filter)).toEqual(expected);
    });

    it.each([
      'userName',
      'userName eq',
      'userName eq "x" and',
      '(userName eq "x"',
      'password eq "x"',
      '__proto__ eq "x"',
      'constructor pr',
      'userName eq "x"; DROP TABLE app_user',
      `userName eq "${'x'.repeat(2_000)}"`,
      `${'not ('.repeat(30)}userName pr${')'.repeat(30)}`,
      Array.from({ length: 60 }, () => 'userName pr').join(' or '),
      'userName eq "line\nbreak"',
    ])('nothing by %j, and says that it cannot be read (A-02)', async (filter) => {
      const { status, body } = await scim.ask('GET', '/Users', { query: { filter } });
      expect([status, body.scimType]).toEqual([400, 'invalidFilter']);
    });

    it('page by page', async () => {
      const page = async (startIndex: string, count: string) => {
        const { body } = await scim.ask('GET', '/Users', { query: { startIndex, count } });
        return [body.totalResults, body.startIndex, body.itemsPerPage, body.Resources.length];
      };

      expect(await page('1', '3')).toEqual([4, 1, 3, 3]);
      expect(await page('4', '3')).toEqual([4, 4, 1, 1]);
      expect(await page('0', '0')).toEqual([4, 1, 0, 0]);
      expect(await page('99', '10')).toEqual([4, 99, 0, 0]);
      expect((await scim.ask('GET', '/Users', { query: { count: 'x' } })).status).toBe(400);
    });

    it('only the attributes that are asked for', async () => {
      const query = { filter: 'externalId eq "x-0"' };
      const shown = async (more: object) =>
        Object.keys((await scim.ask('GET', '/Users', { query: { ...query, ...more } })).body.Resources[0]).sort();

      expect(await shown({ attributes: 'userName' })).toEqual(['id', 'schemas', 'userName']);
      expect(await shown({ excludedAttributes: 'meta,groups,name' })).not.toEqual(
        expect.arrayContaining(['meta', 'groups']),
      );
    });
  });

  describe('keeps versions', () => {
    it('changes nothing for who knows another, and gives nothing again to who knows this one', async () => {
      const made = await scim.user('ada@brigade.example');
      const path = `/Users/${made.body.id}`;
      const json = { schemas: [], userName: 'ada@brigade.example', displayName: 'Changed' };

      expect((await scim.ask('PUT', path, { json, ifMatch: 'W/"another"' })).status).toBe(412);
      expect((await scim.ask('DELETE', path, { ifMatch: 'W/"another"' })).status).toBe(412);
      expect((await scim.ask('GET', path, { ifNoneMatch: made.etag as string })).status).toBe(304);
      expect((await scim.ask('PUT', path, { json, ifMatch: made.etag as string })).status).toBe(200);
      expect((await scim.ask('GET', path, { ifNoneMatch: made.etag as string })).status).toBe(200);
    });

    it('loses none of many changes at once', async () => {
      const id = await idOf(scim.user('ada@brigade.example'));
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, at) =>
          scim.patch(`/Users/${id}`, { op: 'replace', path: 'displayName', value: `${at}` }),
        ),
      );

      expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    });
  });

  describe('of groups', () => {
    let [ada, ben, cora]: string[] = [];
    const poolOf = async (id: string | undefined) => (await person(id as string))?.poolIds ?? [];
    beforeEach(async () => {
      [ada, ben, cora] = await Promise.all(
        ['ada', 'ben', 'cora'].map((name) => idOf(scim.user(`${name}@brigade.example`))),
      );
    });
    const membersOf = async (id: string): Promise<string[]> =>
      (await scim.ask('GET', `/Groups/${id}`)).body.members.map(({ value }: { value: string }) => value).sort();

    it('makes a pool, puts people in and takes them out again', async () => {
      const made = await scim.group('Night', [ada as string]);
      const id = made.body.id as string;
      expect(made.status).toBe(201);
      expect(await poolOf(ada)).toContain(id);

      await scim.patch(`/Groups/${id}`, { op: 'Add', path: 'members', value: [{ value: ben }, { value: cora }] });
      expect(await membersOf(id)).toEqual([ada, ben, cora].toSorted());
      await scim.patch(`/Groups/${id}`, { op: 'Remove', path: `members[value eq "${ada}"]` });
      await scim.patch(`/Groups/${id}`, { op: 'remove', path: 'members', value: [{ value: ben }] });
      expect(await membersOf(id)).toEqual([cora]);
      await scim.patch(`/Groups/${id}`, { op: 'replace', path: 'members', value: [{ value: ada }] });
      expect(await membersOf(id)).toEqual([ada]);
      expect(await poolOf(cora)).not.toContain(id);
      expect((await poolOf(cora)).length).toBe(1);
    });

    it('stands for the pool that an administrator named, whose own people stay', async () => {
      const poolId = newId<PoolId>();
      await world.bus.request(createPool, { id: poolId, name: 'Crew' }, as(owner));
      const mapped = await ScimTester.of(world, owner, { groups: [{ displayName: 'IT Crew', poolId }] });
      const id = await idOf(mapped.user('dora@brigade.example'));
      await world.bus
        .request(updateUser, { userId: ada as never, poolIds: [poolId] } as never, as(owner))
        .catch(() => undefined);

      expect((await mapped.group('it crew', [id])).body.id).toBe(poolId);
      expect(await poolOf(id)).toContain(poolId);
      expect((await mapped.ask('DELETE', `/Groups/${poolId}`)).status).toBe(204);
      expect(await poolOf(id)).not.toContain(poolId);
    });

    it('has a name of its own, and no member who is not there', async () => {
      await scim.group('Night');
      expect((await scim.group('night')).body).toMatchObject({ status: '409', scimType: 'uniqueness' });
      expect((await scim.group('Day', [newId()])).body).toMatchObject({ status: '400', scimType: 'invalidValue' });
      expect((await scim.group('Day', ['x'])).status).toBe(400);
      expect(await scim.find('/Groups', 'displayName eq "Night"')).toEqual(['Night']);
      expect(await scim.find('/Groups', `members[value eq "${ada}"]`)).toEqual([]);
    });

    it('is renamed, and shown without its members where they are not wanted', async () => {
      const { body } = await scim.group('Night', [ada as string]);
      const renamed = await scim.patch(`/Groups/${body.id}`, {
        op: 'replace',
        value: { id: body.id, displayName: 'Day' },
      });
      expect(renamed.body.displayName).toBe('Day');
      const bare = await scim.ask('GET', `/Groups/${body.id}`, { query: { excludedAttributes: 'members' } });
      expect(bare.body.members).toBeUndefined();
    });
  });

  describe('tells what it can', () => {
    it.each(['ServiceProviderConfig', 'Schemas', 'ResourceTypes'])('in %s', async (name) => {
      expect((await scim.ask('GET', `/${name}`)).status).toBe(200);
      expect((await scim.ask('POST', `/${name}`, { json: {} })).status).toBe(405);
      expect((await scim.ask('GET', `/${name}`, { query: { filter: 'id pr' } })).status).toBe(403);
    });

    it.each([
      ['GET', '/Nothing', 404],
      ['GET', '/Users/x', 404],
      ['GET', '/Users/x/y', 404],
      ['POST', '/Bulk', 501],
      ['GET', '/Me', 501],
      ['DELETE', '/Users', 405],
      ['TRACE', '/Users', 405],
    ])('and answers %s %s with %i', async (method, path, status) => {
      expect((await scim.ask(method, path)).status).toBe(status);
    });
  });

  describe('bears abuse (A-66)', () => {
    let id: string;
    beforeEach(async () => {
      id = await idOf(scim.user('ada@brigade.example', { displayName: 'Ada' }));
    });

    const deep = (depth: number): unknown => (depth === 0 ? 'x' : { value: deep(depth - 1) });
    it.each<[string, unknown, number]>([
      ['__proto__ as a path', { op: 'add', path: '__proto__.polluted', value: 'x' }, 400],
      ['a constructor as a path', { op: 'add', path: 'constructor.prototype.polluted', value: 'x' }, 400],
      ['the id', { op: 'replace', path: 'id', value: newId() }, 400],
      ['another id without a path', { op: 'replace', value: { id: newId() } }, 400],
      ['meta', { op: 'replace', path: 'meta.created', value: '2000-01-01' }, 400],
      ['groups', { op: 'add', path: 'groups', value: [{ value: newId() }] }, 400],
      ['an unknown verb', { op: 'destroy', path: 'displayName' }, 400],
      ['no value', { op: 'replace', path: 'displayName' }, 400],
      ['a path without end', { op: 'replace', path: `a${'.b'.repeat(500)}`, value: 'x' }, 400],
      ['brackets in brackets', { op: 'replace', path: 'emails[type eq "x[y]"].value', value: 'x' }, 400],
      ['a value without end', { op: 'replace', path: 'displayName', value: 'x'.repeat(10_000) }, 400],
      ['a deep value', { op: 'replace', value: deep(30) }, 400],
      ['no user name', { op: 'remove', path: 'userName' }, 400],
      ['an address that is none', { op: 'replace', path: 'emails', value: [{ value: 'nonsense' }] }, 400],
    ])('of PATCH: %s', async (_, operation, status) => {
      const before = (await scim.ask('GET', `/Users/${id}`)).body;
      const answer = await scim.patch(`/Users/${id}`, operation);

      expect(answer.status).toBe(status);
      expect((await scim.ask('GET', `/Users/${id}`)).body).toEqual(before);
      expect(({} as { polluted?: string }).polluted).toBeUndefined();
    });

    it('of PATCH: operations without end', async () => {
      const operations = Array.from({ length: 101 }, () => ({ op: 'replace', path: 'displayName', value: 'x' }));
      expect((await scim.patch(`/Users/${id}`, ...operations)).status).toBe(400);
    });

    it.each(['', '[]', 'null', '{', '"text"', '{"__proto__":{"polluted":true},"userName":"x@brigade.example"}'])(
      'of bodies: %s',
      async (body) => {
        const answer = await scim.ask('POST', '/Users', { body });
        expect([answer.status, answer.body.schemas]).toEqual([400, ['urn:ietf:params:scim:api:messages:2.0:Error']]);
      },
    );
  });

  it('leaves no name or address readable in the database', async () => {
    await scim.user('very.secret@brigade.example', { displayName: 'Very Secret', externalId: 'secret-17' });
    const [found] = (await world.db.query(`SELECT string_agg(r::text, ' ') AS all FROM scim_resource r`)) as {
      all: string | null;
    }[];
    expect(found?.all ?? '').not.toMatch(/secret/i);
    expect(await codeOf(Promise.resolve())).toBe('ok');
  });
});
