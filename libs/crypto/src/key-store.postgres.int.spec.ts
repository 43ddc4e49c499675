import { migrate, openDatabase } from '@relais/database';
import { newId, type OrganizationId, SystemClock } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { type FreshDatabase, freshDatabase, TestKekFile } from '@relais/testing';
import type { DataSource } from 'typeorm';
import { keystoreMigrations } from './database/keystore-migrations.js';
import { Envelope } from './envelope.js';
import { FileKeyProvider } from './key-provider.file.js';
import { KeyRotation } from './key-rotation.js';
import { keyStoreContract } from './key-store.contract.js';
import { PostgresKeyStore } from './key-store.postgres.js';

let fresh: FreshDatabase;
let db: DataSource;
let asOwner: DataSource;

const connect = (url: string) =>
  openDatabase({ url, applicationName: 'crypto-test', poolSize: 8, statementTimeoutMs: 5_000, log: silentLog });

beforeAll(async () => {
  fresh = await freshDatabase();
  await migrate(fresh.ownerUrl, keystoreMigrations, silentLog);
  db = await connect(fresh.appUrl);
  asOwner = await connect(fresh.ownerUrl);
}, 60_000);
afterAll(async () => {
  await db?.destroy();
  await asOwner?.destroy();
  await fresh?.drop();
});

describe('PostgresKeyStore', () => {
  keyStoreContract(async () => new PostgresKeyStore(db));

  it('shows no row to a query that names no organization, not even to the owner', async () => {
    const organizationId = newId<OrganizationId>();
    const slot = {
      organizationId,
      kind: 'conversation',
      id: newId<string>(),
      retentionClass: 'a',
      period: '2026-11-01',
      ends: '2026-12-01',
    };
    await new PostgresKeyStore(db).add(organizationId, [
      { id: newId(), slot, kekVersion: 1, wrapped: Buffer.from('wrapped') },
    ]);

    for (const source of [db, asOwner]) expect(await source.query('SELECT * FROM data_key')).toEqual([]);
  });
});

describe('the keystore of an envelope', () => {
  const place = ['entry', 'body'];
  const organizationId = newId<OrganizationId>();
  const scope = { organizationId, kind: 'conversation', id: newId<string>(), retentionClass: 'standard' };
  let file: TestKekFile;
  let provider: FileKeyProvider;

  beforeAll(async () => {
    file = await TestKekFile.create();
    provider = await FileKeyProvider.open(file.path, silentLog, 60_000);
  });
  afterAll(async () => {
    provider?.close();
    await file?.remove();
  });

  it('holds neither keys nor content in the clear, survives a rotation, and forgets what was destroyed', async () => {
    const store = new PostgresKeyStore(db);
    const unwrapped: Buffer[] = [];
    const unwrap = provider.unwrap.bind(provider);
    provider.unwrap = async (...key) => {
      const dek = await unwrap(...key);
      unwrapped.push(Buffer.from(dek));
      return dek;
    };
    const anEnvelope = () => new Envelope({ provider, store, clock: new SystemClock() });
    const sealed = (await anEnvelope().keyFor(scope)).seal(place, 'on my way');

    const dump = await dumpOf(organizationId);
    expect(dump).toContain('conversation');
    const secrets = [...unwrapped, ...Object.values(file.content.keys).map((key) => Buffer.from(key, 'base64'))];
    expect(unwrapped).toHaveLength(1);
    for (const secret of [...secrets, Buffer.from('on my way')]) expect(dump).not.toContain(secret.toString('hex'));

    await file.rotate(2);
    await provider.health();
    expect(await new KeyRotation(provider, store, silentLog).rewrapAll({ batchSize: 10 })).toMatchObject({
      rewrapped: 1,
    });
    await file.drop(1);
    await provider.health();
    expect((await anEnvelope().open(organizationId, place, sealed)).toString()).toBe('on my way');

    await anEnvelope().destroy(organizationId, { kind: scope.kind, id: scope.id });
    expect(await anEnvelope().open(organizationId, place, sealed)).toBe('content_destroyed');
  });
});

async function dumpOf(organizationId: OrganizationId): Promise<string> {
  return asOwner.transaction(async (tx) => {
    await tx.query(`SELECT set_config('relais.org', $1, true)`, [organizationId]);
    const rows: { row: string }[] = await tx.query('SELECT k::text AS row FROM data_key k');
    return rows.map(({ row }) => row).join('\n');
  });
}
