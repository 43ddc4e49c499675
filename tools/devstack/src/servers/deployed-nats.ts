import { secretsOf } from '../secrets.js';
import { Stack } from '../stack.js';
import { restartServer } from './servers.js';

let count = 0;

export type DeployedNats = Awaited<ReturnType<typeof deployedNats>>;

/**
 * A NATS server of one test file alone, with the users and permissions that it has in production: requests go to whichever
 * replica there is, so two tests that both start one would answer for each other.
 */
export async function deployedNats(name: string) {
  const stack = Stack.open(`${name}-${process.pid}-${++count}`);
  await restartServer(stack, 'nats');
  if (!stack.running('nats')) throw new Error('this test needs a NATS server of its own: unset RELAIS_NATS_URL');
  return {
    url: `nats://127.0.0.1:${await stack.port('nats')}`,
    /** nkey seed of a user: `admin` may do everything, a service what its contracts say. */
    seedOf: (user: 'admin' | 'auth' | 'messaging' | 'gateway') => secretsOf(stack.name).nkeySeeds[user],
    restart: async () => {
      await stack.stop('nats');
      await restartServer(stack, 'nats');
    },
    close: async () => {
      await stack.stop('nats');
      stack.purge();
    },
  };
}
