import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BlindIndex,
  Envelope,
  FileKeyProvider,
  KeyRotation,
  keystoreMigrations,
  PostgresKeyStore,
} from '@relais/crypto';
import { migrate, openDatabase } from '@relais/database';
import type { Clock } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { freshDatabase } from '@relais/testing';
import { Database } from '../src/database/database.js';
import { migrations } from '../src/database/migrations.js';
import { PersonalData } from '../src/sealing/personal-data.js';

/** The two databases of auth as they are in production: made by the owner, used by a role that owns nothing. */
export async function authDatabases(clock: Clock) {
  const [main, keystore] = await Promise.all([freshDatabase(), freshDatabase()]);
  await Promise.all([
    migrate(main.ownerUrl, migrations, silentLog),
    migrate(keystore.ownerUrl, keystoreMigrations, silentLog),
  ]);
  const options = { applicationName: 'test', poolSize: 6, statementTimeoutMs: 5_000, log: silentLog };
  const db = await openDatabase({ ...options, url: main.appUrl });
  const keys = await openDatabase({ ...options, url: keystore.appUrl });
  const provider = await FileKeyProvider.open(kekFile(), silentLog);
  const store = new PostgresKeyStore(keys);
  const envelope = new Envelope({ provider, store, clock });
  const close = async () => {
    envelope.close();
    provider.close();
    await Promise.all([db.destroy(), keys.destroy()]);
    await Promise.all([main.drop(), keystore.drop()]);
  };
  return {
    main,
    keystore,
    db,
    database: new Database(db),
    provider,
    envelope,
    rotation: new KeyRotation(provider, store, silentLog),
    personal: new PersonalData(envelope, new BlindIndex(provider)),
    close,
  };
}
export type AuthDatabases = Awaited<ReturnType<typeof authDatabases>>;

function kekFile(): string {
  const key = () => randomBytes(32).toString('base64');
  const path = join(mkdtempSync(join(tmpdir(), 'relais-kek-')), 'kek.json');
  writeFileSync(path, JSON.stringify({ active: 1, keys: { 1: key() }, index: key() }));
  return path;
}
