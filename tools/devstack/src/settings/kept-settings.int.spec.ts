import { statSync } from 'node:fs';
import { environmentOf } from '../cluster/replica.js';
import { secretsOf } from '../secrets.js';
import { Stack } from '../stack.js';
import { changeSettings, settingsFile, settingsOf } from './kept-settings.js';
import type { Setting } from './setting.js';

const set = (service: string, name: string, value: string): Setting => ({ service, name, value, isSecret: false });

describe('settings that are kept with a stack', () => {
  const name = `settings-${process.pid}`;
  let stack: Stack;

  beforeEach(() => (stack = Stack.open(name)));
  afterEach(async () => {
    for (const process of [...stack.processes]) await stack.stop(process.name, 0);
    stack.purge();
  });

  const starts = (...names: string[]) => {
    for (const replica of names) stack.start({ name: replica, command: 'sleep', args: ['60'] });
  };
  const running = () => stack.processes.map((process) => process.name).filter((one) => stack.running(one));

  it('are found again by the next command, and are for their owner only', async () => {
    const own = [set('alerting', 'SMS_PROVIDER', 'http')];

    await changeSettings(stack, own);
    await changeSettings(stack, []);

    expect(settingsOf(Stack.open(name))).toEqual(own);
    expect(statSync(settingsFile(stack)).mode & 0o077).toBe(0);
  });

  it('end the replicas of the services that they change, and nothing else', async () => {
    starts('nats', 'gateway-1', 'alerting-1', 'alerting-2');

    expect(await changeSettings(stack, [set('alerting', 'SMS_PROVIDER', 'http')])).toEqual([
      'alerting-1',
      'alerting-2',
    ]);

    expect(running()).toEqual(['nats', 'gateway-1']);
  });

  it('end nothing when they are set again as they are', async () => {
    await changeSettings(stack, [set('alerting', 'SMS_PROVIDER', 'http')]);
    starts('alerting-1');

    expect(await changeSettings(stack, [set('alerting', 'SMS_PROVIDER', 'http')])).toEqual([]);

    expect(running()).toEqual(['alerting-1']);
  });

  it('come before what the stack would give, and never before what is its own', async () => {
    const servers = { postgresUrl: '', natsUrl: 'nats://here', natsAdminSeed: 'SU', redisUrl: 'redis://here' };
    const urls = { DATABASE_OWNER_URL: '', KEYSTORE_OWNER_URL: '', DATABASE_URL: 'postgres://here', KEYSTORE_URL: '' };
    const databases = { auth: urls, messaging: urls, alerting: urls };
    const own = ['WEBAUTHN_ORIGINS', 'NATS_URL', 'DATABASE_URL'].map((one) => set('auth', one, 'http://mine'));
    await changeSettings(stack, own);

    const env = await environmentOf(
      { name: 'auth-1', service: 'auth', number: 1 },
      { stack, servers, secrets: secretsOf(name), databases },
    );

    expect(env).toMatchObject({
      ...{ WEBAUTHN_ORIGINS: 'http://mine', NATS_URL: 'nats://here' },
      ...{ DATABASE_URL: 'postgres://here', REPLICA: 'auth-1' },
    });
  });
});
