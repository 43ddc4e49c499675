import { restartServer, secretsOf, Stack } from '@relais/devstack';

let count = 0;

export type PrivateNats = Awaited<ReturnType<typeof privateNats>>;

/**
 * A NATS server for one test file, with the permissions of the contracts: requests go to whichever replica there is, so
 * two tests that both start one would answer for each other.
 */
export async function privateNats() {
  const stack = Stack.open(`messaging-${process.pid}-${++count}`);
  await restartServer(stack, 'nats');
  if (!stack.running('nats')) throw new Error('this test needs a NATS server of its own: unset RELAIS_NATS_URL');
  return {
    url: `nats://127.0.0.1:${await stack.port('nats')}`,
    /** nkey seed of a user: `admin` may do everything, a service what its contracts say. */
    seedOf: (user: 'admin' | 'auth' | 'messaging' | 'gateway') => secretsOf(stack.name).nkeySeeds[user],
    close: async () => {
      await stack.stop('nats');
      stack.purge();
    },
  };
}
