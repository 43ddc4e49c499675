import { loadConfig } from '@relais/config';
import { listed, env } from './config.js';

const good = {
  NATS_URL: 'nats://n:4222',
  DATABASE_URL: 'postgres://u:p@h/db',
  KEYSTORE_URL: 'postgres://u:p@h/keys',
  KEK_FILE: '/kek',
};
const token = 'k'.repeat(32);

describe('the configuration of auth', () => {
  it('needs no bootstrap token, and takes several', () => {
    expect(listed(loadConfig(env, good).BOOTSTRAP_TOKEN)).toEqual([]);
    expect(listed(loadConfig(env, { ...good, BOOTSTRAP_TOKEN: `${token}, ${token}2` }).BOOTSTRAP_TOKEN)).toEqual([
      token,
      `${token}2`,
    ]);
  });

  it.each([
    ['BOOTSTRAP_TOKEN', `${token},short`],
    ['ACCESS_TOKEN_SECONDS', '301'],
    ['PASSWORD_MEMORY_KIB', '1024'],
    ['PASSWORD_PASSES', '1'],
  ])('refuses a %s that is weaker than what we promise', (name, value) => {
    expect(() => loadConfig(env, { ...good, [name]: value })).toThrow(name);
  });
});
