import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseEnv, environmentOf, loadConfig, natsEnv } from './index.js';

const good = { NATS_URL: 'nats://n:4222', DATABASE_URL: 'postgres://u:p@h/db' };

describe('configuration', () => {
  it('fills in what is not given', () => {
    expect(loadConfig({ ...natsEnv, ...databaseEnv }, good).DATABASE_POOL_SIZE).toBe(8);
  });

  it('names every problem at once and prints no value', () => {
    const load = () =>
      loadConfig(
        { ...natsEnv, ...databaseEnv },
        { DATABASE_URL: 'mysql://root:hunter2@h/db', DATABASE_POOL_SIZE: '0' },
      );

    expect(load).toThrow(/NATS_URL[^]*DATABASE_URL[^]*DATABASE_POOL_SIZE/);
    expect(load).not.toThrow(/hunter2/);
  });

  it('reads a mounted secret from NAME_FILE', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'relais-config-')), 'url');
    writeFileSync(path, `${good.DATABASE_URL}\n`);

    const config = loadConfig({ ...databaseEnv }, { DATABASE_URL_FILE: path });

    expect(config.DATABASE_URL).toBe(good.DATABASE_URL);
  });

  it('says which file it cannot read', () => {
    expect(() => loadConfig({ ...databaseEnv }, { DATABASE_URL_FILE: '/nowhere' })).toThrow('DATABASE_URL_FILE');
  });

  it('of one of several services in a process has its own names in front of those of all', () => {
    const env = { LOG_LEVEL: 'info', AUTH_LOG_LEVEL: 'debug', AUTH_DATABASE_URL: 'a', MESSAGING_DATABASE_URL: 'm' };

    expect(environmentOf('auth', env)).toMatchObject({ LOG_LEVEL: 'debug', DATABASE_URL: 'a' });
    expect(environmentOf('messaging', env)).toMatchObject({ LOG_LEVEL: 'info', DATABASE_URL: 'm' });
    expect(environmentOf('gateway', env)['DATABASE_URL']).toBeUndefined();
  });
});
