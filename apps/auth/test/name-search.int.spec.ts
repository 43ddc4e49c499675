import { newId, type OrganizationId, type PoolId, SystemClock, type UserId } from '@relais/kernel';
import type { LogFields } from '@relais/observability';
import pg from 'pg';
import type { Tx } from '../src/database/database.js';
import { rows } from '../src/database/sql.js';
import { insertOrganization } from '../src/organizations/organization-rows.postgres.js';
import { indexNames, unindexedNames } from '../src/users/name-index.postgres.js';
import { NameIndexing } from '../src/users/name-indexing.js';
import { lookedUp, wordsOf } from '../src/users/name-words.js';
import { changeUser, deleteUser, insertUser, searchUserRows } from '../src/users/user-rows.postgres.js';
import { type AuthDatabases, authDatabases } from './databases.js';
import { explaining } from './explaining.js';

const NOW = new Date();
const EVERYBODY = { everybody: true, administrators: true, poolIds: [] };

describe('people who are found by name', () => {
  let databases: AuthDatabases;
  let organizationId: OrganizationId;
  let poolId: PoolId;
  let asker: UserId;
  let lines: LogFields[];

  beforeAll(async () => {
    databases = await authDatabases(new SystemClock());
  });
  afterAll(() => databases.close());
  beforeEach(async () => {
    [organizationId, poolId, lines] = [newId<OrganizationId>(), newId<PoolId>(), []];
    const names = { nameSealed: Buffer.of(0), poolNameSealed: Buffer.of(0) };
    await within((tx) =>
      insertOrganization(tx, { organizationId, poolId, handle: organizationId, ...names, now: NOW }),
    );
    asker = await aPerson('Zacharias');
  });

  const within = <Result>(work: (tx: Tx) => Promise<Result>) => databases.database.within(organizationId, work);
  const sealName = (id: UserId, name: string) => databases.personal.sealName(organizationId, id, name);
  const aPerson = async (displayName: string): Promise<UserId> => {
    const id = newId<UserId>();
    const name = await sealName(id, displayName);
    const person = { emailIndex: Buffer.from(id), emailSealed: Buffer.of(0), name, passwordHash: '' };
    await within((tx) =>
      insertUser(tx, { organizationId, id, role: 'member', poolIds: [poolId], now: NOW, ...person }),
    );
    return id;
  };
  /** As a release before wrote names, or writes them while both run. */
  const writeAsBefore = (id: UserId, sealed: Buffer) =>
    within((tx) =>
      rows(tx, 'UPDATE app_user u SET display_name_sealed = $3 WHERE u.organization_id = $1 AND u.id = $2', [
        ...[organizationId, id, sealed],
      ]),
    );
  const fromBefore = async (displayName: string): Promise<UserId> => {
    const id = await aPerson('');
    await writeAsBefore(id, (await sealName(id, displayName)).sealed);
    return id;
  };
  const rename = async (id: UserId, displayName: string) => {
    const name = await sealName(id, displayName);
    await within((tx) => changeUser(tx, organizationId, id, { name }));
  };
  const search = async (text: string, limit = 50) => {
    const beginnings = await databases.personal.digestBeginnings(organizationId, lookedUp(wordsOf(text)));
    const selection = { after: null, limit, inactiveIn: [], seen: EVERYBODY };
    const who = { userId: asker, isBot: false };
    return { beginnings, selection, who };
  };
  const found = async (text: string) => {
    const { who, selection, beginnings } = await search(text);
    return (await within((tx) => searchUserRows(tx, organizationId, who, selection, beginnings))).map(({ id }) => id);
  };
  const indexing = () => {
    const note = (fields: LogFields) => void lines.push(fields);
    return new NameIndexing(databases.database, databases.personal, {
      debug: note,
      info: note,
      warn: note,
      error: note,
    });
  };
  const index = () => indexing().run(organizationId, new AbortController().signal);
  const countOf = async (id: UserId) =>
    (await within((tx) => rows(tx, 'SELECT FROM name_beginning n WHERE n.user_id = $1', [id]))).length;

  it('have a word for each that is asked for, in the order they came', async () => {
    const [ann, annika] = [await aPerson('Ann Müller'), await aPerson('Annika Müllenhoff')];
    await aPerson('Hannah Schmidt');

    expect(await found('ann')).toEqual([ann, annika]);
    expect(await found('MÜLL an')).toEqual([ann, annika]);
    expect(await found('ann müller')).toEqual([ann]);
    expect(await found('ann schmidt')).toEqual([]);
  });

  it('are found by the name they have and no more by the one they had', async () => {
    const id = await aPerson('Ann Müller');

    await rename(id, 'Ann Schmidt');

    expect([await found('ann'), await found('schmidt'), await found('müller')]).toEqual([[id], [id], []]);
  });

  it('are gone with everything they were found by', async () => {
    const id = await aPerson('Ann Müller');

    await within((tx) => deleteUser(tx, organizationId, id));

    expect([await countOf(id), await found('ann')]).toEqual([0, []]);
  });

  it('are found in their own organization only', async () => {
    await aPerson('Ann Müller');
    const { who, selection, beginnings } = await search('ann');
    organizationId = newId<OrganizationId>();

    expect(await within((tx) => searchUserRows(tx, organizationId, who, selection, beginnings))).toEqual([]);
    expect((await search('ann')).beginnings).not.toEqual(beginnings);
  });

  describe('once they are indexed', () => {
    it('whoever wrote their name, now or before there was an index', async () => {
      const old = await fromBefore('Ann Müller');
      const renamed = await aPerson('Ben Schmidt');
      await writeAsBefore(renamed, (await sealName(renamed, 'Ann Schmidt')).sealed);
      const before = await found('ann');

      await index();

      expect([before, await found('ann'), await found('ben')]).toEqual([[], [old, renamed], []]);
      expect(lines).toEqual([{ event: 'names.indexed', organizationId, count: 2 }]);
    });

    it('in as many batches as it takes, and nothing is done again', async () => {
      const ids = [];
      for (let at = 0; at < 201; at++) ids.push(await fromBefore(`Ann ${at}`));

      await index();
      await index();

      expect(await within((tx) => unindexedNames(tx, organizationId, { after: null, limit: 1 }))).toEqual([]);
      expect(await countOf(ids.at(-1) as UserId)).toBe(4);
      expect(lines).toHaveLength(1);
    });

    it('by as many replicas as like to, at the same time', async () => {
      const ids = await Promise.all(Array.from({ length: 40 }, (_, at) => fromBefore(`Ann ${at}`)));

      await Promise.all([index(), index(), index()]);
      await index();

      expect(await found('ann')).toEqual(ids.toSorted());
      expect(lines.reduce((sum, { count }) => sum + Number(count), 0)).toBe(40);
    });

    it('by their newest name, when they are renamed meanwhile', async () => {
      const id = await fromBefore('Ann Müller');
      const read = await within((tx) => unindexedNames(tx, organizationId, { after: null, limit: 10 }));
      const names = await databases.personal.sealedNames(organizationId, read);
      await rename(id, 'Ben Schmidt');

      expect(await within((tx) => indexNames(tx, organizationId, names))).toBe(0);
      expect([await found('ann'), await found('ben')]).toEqual([[], [id]]);
    });

    it('without those who are forgotten, who are found by nothing and not tried again', async () => {
      const id = await fromBefore('Ann Müller');
      await databases.personal.forgetUser(organizationId, id);

      await index();

      expect(await countOf(id)).toBe(0);
      expect(await within((tx) => unindexedNames(tx, organizationId, { after: null, limit: 1 }))).toEqual([]);
    });

    it('but for those whose names nobody can read, who stand in nobody’s way and in the log', async () => {
      const broken = await fromBefore('Ann Müller');
      await writeAsBefore(broken, (await sealName(await fromBefore('Ann'), 'Ann')).sealed);
      const sound = await fromBefore('Anna');

      await index();

      expect(await found('anna')).toEqual([sound]);
      expect(lines).toContainEqual({ event: 'names.unreadable', organizationId, count: 1 });
    });
  });

  it('are looked up among many without reading the others', async () => {
    await grow(3_000);
    const { who, selection, beginnings } = await search('ann müller');

    const plan = await within((tx) =>
      explaining(tx, (explained) => searchUserRows(explained, organizationId, who, selection, beginnings)),
    );

    expect(plan).toContain('name_beginning_pkey');
    expect(plan).not.toMatch(/Seq Scan on (app_user|name_beginning)/);
  });

  /** People of one name in a hundred first and last names each, written by the database itself. */
  async function grow(count: number): Promise<void> {
    const template = await aPerson('Somebody');
    const syllables = ['an', 'be', 'cle', 'do', 'e', 'fri', 'mül', 'ler', 'schmi', 'dt'];
    const words = syllables.flatMap((one) => syllables.map((other) => one + other));
    const digests = await Promise.all(
      words.map((word) =>
        databases.personal.digestBeginnings(organizationId, [word.slice(0, 2), word.slice(0, 3), word]),
      ),
    );
    await within(async (tx) => {
      await rows(
        tx,
        `INSERT INTO app_user (organization_id, id, role, state, email_index, email_sealed, display_name_sealed, name_indexed, password_hash, created_at)
         SELECT u.organization_id, gen_random_uuid(), 'member', 'active', sha256(n::text::bytea), u.email_sealed, u.display_name_sealed, u.name_indexed, '', u.created_at
         FROM app_user u, generate_series(1, $3::int) AS n WHERE u.organization_id = $1 AND u.id = $2`,
        [organizationId, template, count],
      );
      await rows(
        tx,
        `INSERT INTO name_beginning (organization_id, digest, user_id)
         SELECT u.organization_id, d.digest::bigint, u.id
         FROM (SELECT u.organization_id, u.id, row_number() OVER (ORDER BY u.id) AS at FROM app_user u WHERE u.organization_id = $1) u,
           LATERAL (SELECT jsonb_array_elements_text($2::jsonb -> (u.at % 100)::int) AS digest
             UNION SELECT jsonb_array_elements_text($2::jsonb -> (u.at / 100 % 100)::int)) d ON CONFLICT DO NOTHING`,
        [organizationId, JSON.stringify(digests)],
      );
    });
    await analyze(databases.main.ownerUrl);
  }
});

async function analyze(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query('ANALYZE app_user, name_beginning').finally(() => client.end());
}
