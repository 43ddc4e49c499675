import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newPassword, rolePassword, secretsOf } from './secrets.js';
import { Stack } from './stack.js';

describe('a stack', () => {
  const name = `spec-${process.pid}`;
  let stack: Stack;

  beforeEach(() => (stack = Stack.open(name)));
  afterEach(async () => {
    for (const process of [...stack.processes]) await stack.stop(process.name, 0);
    stack.purge();
  });

  it('is found again by the next command, with its ports and processes', async () => {
    const port = await stack.port('nats');
    const { pid } = stack.start({ name: 'nats', command: 'sleep', args: ['60'] });

    const again = Stack.open(name);

    expect(await again.port('nats')).toBe(port);
    expect(again.running('nats')?.pid).toBe(pid);
  });

  it('forgets what it has stopped', async () => {
    stack.start({ name: 'nats', command: 'sleep', args: ['60'] });

    await stack.stop('nats');

    expect(Stack.open(name).find('nats')).toBeUndefined();
  });

  it('keeps its secrets, for its owner only', () => {
    const { nkeySeeds } = secretsOf(name);
    const password = rolePassword(name, 'auth_app');

    expect(secretsOf(name).nkeySeeds).toEqual(nkeySeeds);
    expect(rolePassword(name, 'auth_app')).toBe(password);
    for (const file of ['secrets.json', 'run.json']) {
      const { mode } = statSync(join(stack.directory, file), { throwIfNoEntry: false }) ?? { mode: 0o600 };
      expect(mode & 0o077).toBe(0);
    }
  });

  it('is changed by one command at a time', async () => {
    const order: string[] = [];
    const work = (label: string) =>
      Stack.exclusively(name, async () => {
        order.push(`${label} in`);
        await new Promise((resolve) => setTimeout(resolve, 30));
        order.push(`${label} out`);
      });

    await Promise.all([work('a'), work('b')]);

    expect(order.map((step) => step.split(' ')[1])).toEqual(['in', 'out', 'in', 'out']);
  });

  it('takes over the lock of a command that was killed', async () => {
    const lock = join(stack.directory, 'lock');
    writeFileSync(lock, `${process.pid} 1`);

    await Stack.exclusively(name, async () => expect(readFileSync(lock, 'utf8')).not.toBe(`${process.pid} 1`));
  });

  it('is no way out of its directory', () => {
    expect(() => Stack.open('../elsewhere')).toThrow('no name for a stack');
    expect(newPassword()).not.toBe(newPassword());
  });
});
