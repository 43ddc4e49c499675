import { restartServer, secretsOf, Stack } from '@relais/devstack';

let count = 0;

/** A NATS server for one test file, whose stream nobody else reads or deletes. */
export async function privateNats() {
  const stack = Stack.open(`database-${process.pid}-${++count}`);
  await restartServer(stack, 'nats');
  if (!stack.running('nats')) throw new Error('this test needs a NATS server of its own: unset RELAIS_NATS_URL');
  return {
    url: `nats://127.0.0.1:${await stack.port('nats')}`,
    seed: secretsOf(stack.name).nkeySeeds.admin,
    close: async () => {
      await stack.stop('nats');
      stack.purge();
    },
  };
}
