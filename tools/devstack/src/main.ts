import { parseArgs } from 'node:util';
import { startServers, stopServers } from './servers/servers.js';
import { Stack } from './stack.js';
import { dropOrphanedTestStacks, writeOwner } from './test-stacks.js';

const say = (line: string): void => void process.stderr.write(`devstack: ${line}\n`);

/** Test servers: prints the environment that tests read, as JSON. */
async function serversUp(name: string, owner: string | undefined): Promise<void> {
  await dropOrphanedTestStacks();
  const servers = await Stack.exclusively(name, (stack) => {
    if (owner) writeOwner(stack, Number(owner));
    return startServers(stack, { say });
  });
  const env = {
    TEST_POSTGRES_URL: servers.postgresUrl,
    TEST_NATS_URL: servers.natsUrl,
    TEST_NATS_SEED: servers.natsAdminSeed,
    TEST_REDIS_URL: servers.redisUrl,
    TEST_STACK: name,
  };
  process.stdout.write(`${JSON.stringify(env)}\n`);
}

async function serversDown(name: string, purge: boolean): Promise<void> {
  await Stack.exclusively(name, async (stack) => {
    await stopServers(stack);
    if (purge) stack.purge();
  });
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { owner: { type: 'string' }, purge: { type: 'boolean', default: false } },
});
const [command, verb, name = 'test'] = positionals;
try {
  if (command === 'servers' && verb === 'up') await serversUp(name, values.owner);
  else if (command === 'servers' && verb === 'down') await serversDown(name, values.purge);
  else throw new Error(`unknown command: ${positionals.join(' ')}`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
