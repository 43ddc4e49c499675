import { newId, type OrganizationId } from '@relais/kernel';
import { TcpProxy } from '@relais/testing';
import pg from 'pg';
import { type DataSource, EntitySchema } from 'typeorm';
import { aWorld, eventually, type World } from '../test/world.js';
import { asUnavailable, openDatabase, prepared, withOrganization, withoutOrganization } from './index.js';
import { silentLog } from '@relais/observability';

const [north, south] = [newId<OrganizationId>(), newId<OrganizationId>()];
const insert = 'INSERT INTO note (organization_id, id, body) VALUES ($1, $2, $3)';

describe('a transaction of an organization', () => {
  let world: World;
  let db: DataSource;

  beforeAll(async () => {
    world = await aWorld();
    db = await world.open({ poolSize: 2 });
  });
  afterAll(() => world.close());

  const write = (organization: OrganizationId, body: string, id: string = newId()) =>
    withOrganization(db, organization, async (tx) => {
      await tx.query(insert, [organization, id, body]);
      return id;
    });
  const bodies = (organization: OrganizationId): Promise<string[]> =>
    withOrganization(db, organization, async (tx) => {
      const rows: { body: string }[] = await tx.query('SELECT n.body FROM note n ORDER BY n.id');
      return rows.map(({ body }) => body);
    });
  const asOwner = async (sql: string, values: unknown[] = []): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: world.ownerUrl });
    await client.connect();
    return client.query(sql, values).finally(() => client.end());
  };

  it('sees its own rows and no others', async () => {
    await write(north, 'of the north');
    await write(south, 'of the south');

    expect(await bodies(north)).toEqual(['of the north']);
    expect(await bodies(south)).toEqual(['of the south']);
  });

  it('cannot write rows of another organization, nor change or delete them', async () => {
    const id = await write(south, 'untouched');

    const foreign = withOrganization(db, north, (tx) => tx.query(insert, [south, newId(), 'forged']));
    const moved = withOrganization(db, north, (tx) => tx.query('UPDATE note SET organization_id = $1', [south]));
    const [, changed] = (await withOrganization(db, north, (tx) =>
      tx.query(`UPDATE note SET body = 'forged' WHERE id = $1`, [id]),
    )) as [unknown, number];
    const [, deleted] = (await withOrganization(db, north, (tx) =>
      tx.query(`DELETE FROM note WHERE id = $1`, [id]),
    )) as [unknown, number];

    await expect(foreign).rejects.toThrow('row-level security');
    await expect(moved).rejects.toThrow('row-level security');
    expect([changed, deleted]).toEqual([0, 0]);
    expect(await bodies(south)).toContain('untouched');
  });

  it('is the only way to rows: without it there are none, even for the owner of the table', async () => {
    await write(north, 'hidden');

    expect(await db.query('SELECT FROM note')).toHaveLength(0);
    expect(await withoutOrganization(db, (tx) => tx.query('SELECT FROM note'))).toHaveLength(0);
    expect((await asOwner('SELECT FROM note')).rowCount).toBe(0);
  });

  it('leaves nothing of the organization on its connection, whether it commits or rolls back', async () => {
    const single = await world.open({ poolSize: 1 });
    const setting = async () => {
      const [row]: { org: string; pid: number }[] = await single.query(
        `SELECT current_setting('relais.org', true) AS org, pg_backend_pid() AS pid`,
      );
      return row;
    };
    const before = await setting();

    await withOrganization(single, north, (tx) => tx.query('SELECT 1'));
    const committed = await setting();
    await withOrganization(single, north, () => Promise.reject(new Error('no'))).catch(() => undefined);
    const rolledBack = await setting();

    expect(new Set([before?.pid, committed?.pid, rolledBack?.pid]).size).toBe(1);
    expect([committed?.org, rolledBack?.org]).toEqual(['', '']);
  });

  it('keeps organizations apart under many transactions at once', async () => {
    const organizations = Array.from({ length: 5 }, () => newId<OrganizationId>());

    await Promise.all(organizations.flatMap((org) => Array.from({ length: 20 }, () => write(org, org))));

    for (const org of organizations) expect(await bodies(org)).toEqual(Array.from({ length: 20 }, () => org));
  });

  it('takes nothing for an organization but a UUID', async () => {
    const forged = `${north}', true); SELECT set_config('relais.org', '${south}` as OrganizationId;

    expect(() => withOrganization(db, forged, (tx) => tx.query('SELECT 1'))).toThrow('not a UUID');
  });

  it('writes nothing when the work throws, and throws that', async () => {
    const bug = new Error('of the work');
    const id = newId();

    const failed = withOrganization(db, north, async (tx) => {
      await tx.query(insert, [north, id, 'never']);
      throw bug;
    });

    await expect(failed).rejects.toBe(bug);
    expect(await bodies(north)).not.toContain('never');
  });

  it('does not report as done what the server rolled back because the work swallowed an error', async () => {
    const id = await write(north, 'first');
    const swallowed = withOrganization(db, north, async (tx) => {
      await tx.query(insert, [north, newId(), 'swallowed']);
      await tx.query(insert, [north, id, 'double']).catch(() => undefined);
    });

    await expect(swallowed).rejects.toThrow('rolled back');
    expect(await bodies(north)).not.toContain('swallowed');
  });

  it('contains what a repository saves and what TypeORM would begin inside it', async () => {
    const entity = new EntitySchema<{ organizationId: string; id: string; body: string }>({
      name: 'note',
      columns: {
        organizationId: { type: 'uuid', primary: true, name: 'organization_id' },
        id: { type: 'uuid', primary: true },
        body: { type: 'text' },
      },
    });
    const typed = await openDatabase({
      url: world.appUrl,
      applicationName: 'entities',
      poolSize: 1,
      statementTimeoutMs: 5_000,
      entities: [entity as never],
      log: silentLog,
    });
    world.onClose(() => typed.destroy());

    const failed = withOrganization(typed, north, async (tx) => {
      await tx.getRepository(entity).save({ organizationId: north, id: newId(), body: 'saved' });
      await tx.transaction((inner) => inner.query(insert, [north, newId(), 'inner']));
      throw new Error('late');
    });
    await expect(failed).rejects.toThrow('late');
    await withOrganization(typed, north, (tx) =>
      tx.getRepository(entity).save({ organizationId: north, id: newId(), body: 'kept' }),
    );

    const all = await bodies(north);
    expect(all).toContain('kept');
    expect(all).not.toContain('saved');
    expect(all).not.toContain('inner');
  });

  it('runs prepared statements within itself, planned once per connection', async () => {
    const single = await world.open({ poolSize: 1 });
    await write(south, 'prepared');

    const count = () =>
      withOrganization(single, south, (tx) =>
        prepared<{ n: number }>(tx, 'count_notes', 'SELECT count(*)::int AS n FROM note n WHERE n.body = $1', [
          'prepared',
        ]),
      );

    expect([await count(), await count()]).toEqual([[{ n: 1 }], [{ n: 1 }]]);
    const plans: unknown[] = await single.query(`SELECT FROM pg_prepared_statements WHERE name = 'count_notes'`);
    expect(plans).toHaveLength(1);
  });

  it('is refused, not doubtful, when a deferred constraint fails at COMMIT', async () => {
    await asOwner(
      'CREATE TABLE ticket (number integer, CONSTRAINT ticket_key UNIQUE (number) DEFERRABLE INITIALLY DEFERRED)',
    );
    const twice = withoutOrganization(db, async (tx) => {
      await tx.query('INSERT INTO ticket VALUES (1)');
      await tx.query('INSERT INTO ticket VALUES (1)');
    });

    await expect(twice).rejects.toMatchObject({ code: '23505', constraint: 'ticket_key' });
    expect(await db.query('SELECT FROM ticket')).toHaveLength(0);
  });

  describe('whose COMMIT takes long', () => {
    beforeAll(async () => {
      await asOwner('CREATE TABLE slow (id uuid)');
      await asOwner(`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_sleep(3); RETURN NULL; END'`);
      await asOwner(`CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION dawdle()`);
    });

    const slowly = (pool: DataSource, onPid: (pid: number) => void, commitTimeoutMs?: number) =>
      withoutOrganization(
        pool,
        async (tx) => {
          await tx.query('INSERT INTO slow VALUES ($1)', [newId()]);
          const [row]: { pid: number }[] = await tx.query('SELECT pg_backend_pid() AS pid');
          onPid(row?.pid as number);
        },
        commitTimeoutMs === undefined ? {} : { commitTimeoutMs },
      );
    const pidOf = async (pool: DataSource) => {
      const [row]: { pid: number }[] = await pool.query('SELECT pg_backend_pid() AS pid');
      return row?.pid;
    };

    it('has an unknown outcome after the deadline, and its connection is not used again', async () => {
      const single = await world.open({ poolSize: 1 });
      let pid = 0;

      await expect(slowly(single, (own) => (pid = own), 200)).rejects.toMatchObject({
        kind: 'unavailable',
        code: 'outcome_unknown',
      });
      expect(await pidOf(single)).not.toBe(pid);
    });

    it('has an unknown outcome when its session is ended meanwhile', async () => {
      const single = await world.open({ poolSize: 1 });
      let pid = 0;
      const failed = slowly(single, (own) => (pid = own));
      failed.catch(() => undefined);
      await eventually(async () => {
        const [row]: { query: string }[] = await db.query('SELECT query FROM pg_stat_activity WHERE pid = $1', [pid]);
        return row?.query === 'COMMIT';
      });

      await db.query('SELECT pg_terminate_backend($1)', [pid]);

      await expect(failed).rejects.toMatchObject({ code: 'outcome_unknown' });
      expect(await pidOf(single)).not.toBe(pid);
    });

    it('has an unknown outcome when the connection breaks meanwhile', async () => {
      const proxy = await TcpProxy.open(world.appUrl);
      world.onClose(() => proxy.close());
      const single = await world.open({ url: proxy.url, poolSize: 1 });
      let pid = 0;
      const failed = slowly(single, (own) => (pid = own));
      failed.catch(() => undefined);
      await eventually(() => pid > 0);
      await new Promise((resolve) => setTimeout(resolve, 100));

      proxy.breakConnections();

      await expect(failed).rejects.toMatchObject({ code: 'outcome_unknown' });
    });
  });

  describe('on a server that goes away', () => {
    it('is unavailable while there is none, and works again when there is', async () => {
      const proxy = await TcpProxy.open(world.appUrl);
      world.onClose(() => proxy.close());
      const pool = await world.open({ url: proxy.url, poolSize: 2 });
      const ask = () => withOrganization(pool, north, (tx) => tx.query('SELECT 1 AS one'));
      await ask();

      await proxy.cut();
      const refused = [await ask().catch((error: unknown) => error), await ask().catch((error: unknown) => error)];
      await proxy.restore();

      for (const error of refused)
        expect(error).toMatchObject({ kind: 'unavailable', code: 'database_unavailable', retryAfterMs: 500 });
      await eventually(() =>
        ask().then(
          () => true,
          () => false,
        ),
      );
    });

    it('is unavailable when its session is ended in the middle, and nothing was written', async () => {
      const interrupted = withOrganization(db, north, async (tx) => {
        await tx.query(insert, [north, newId(), 'interrupted']);
        const [row]: { pid: number }[] = await tx.query('SELECT pg_backend_pid() AS pid');
        await db.query('SELECT pg_terminate_backend($1)', [row?.pid]);
        await tx.query('SELECT 1');
      });

      await expect(interrupted).rejects.toMatchObject({ code: 'database_unavailable' });
      expect(await bodies(north)).not.toContain('interrupted');
    });

    it('gives up a silent server, and the connection with it', async () => {
      const proxy = await TcpProxy.open(world.appUrl);
      world.onClose(() => proxy.close());
      const pool = await world.open({ url: proxy.url, poolSize: 1, statementTimeoutMs: 100 });
      const pidOf = () => withOrganization(pool, north, (tx) => tx.query('SELECT pg_backend_pid() AS pid'));
      const first: unknown = await pidOf();

      proxy.freeze();
      const inTransaction = await pidOf().catch((error: unknown) => error);
      proxy.thaw();
      const second: unknown = await pidOf();
      proxy.freeze();
      const plain = await pool.query('SELECT 1').catch((error: unknown) => asUnavailable(error));
      proxy.thaw();
      const third: unknown = await pidOf();

      for (const failure of [inTransaction, plain]) expect(failure).toMatchObject({ code: 'database_unavailable' });
      expect(second).not.toEqual(first);
      expect(third).not.toEqual(second);
    }, 20_000);
  });
});
