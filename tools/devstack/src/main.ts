import { parseArgs } from 'node:util';
import { bindToProcess, dropOrphans } from './owner.js';
import { startServers } from './servers/servers.js';
import { ensureTestServers } from './servers/test-servers.js';
import { Stack } from './stack.js';
import { down, status } from './status.js';

const say = (line: string): void => void process.stderr.write(`devstack: ${line}\n`);

const USAGE = `devstack up [--set <service>.<NAME>=<value>]… | down [--purge] | status      [--name <stack>]
devstack servers up | down <stack> [--owner <pid>] [--purge]`;

/** Test servers: prints the environment that tests read, as JSON. */
async function serversUp(name: string, owner: string | undefined): Promise<void> {
  await dropOrphans();
  ensureTestServers(say);
  const servers = await Stack.exclusively(name, (stack) => {
    if (owner) bindToProcess(stack, Number(owner));
    return startServers(stack, { say });
  });
  const env = {
    TEST_POSTGRES_URL: servers.postgresUrl,
    TEST_NATS_URL: servers.natsUrl,
    TEST_NATS_SEED: servers.natsAdminSeed,
    TEST_REDIS_URL: servers.redisUrl,
  };
  process.stdout.write(`${JSON.stringify(env)}\n`);
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'default' },
      owner: { type: 'string' },
      purge: { type: 'boolean', default: false },
      set: { type: 'string', multiple: true, default: [] },
    },
  });
  const [command, verb, stack = 'test'] = positionals;
  const { name, owner, purge, set } = values;
  if (set.length > 0 && command !== 'up') throw new Error(`only up takes --set\n${USAGE}`);
  // npm keeps options to itself that do not come after `--`, and hands on what they were given.
  if (command === 'up' && verb !== undefined) throw new Error(`write: npm run up -- --set ${verb}`);
  // The client library is loaded only by the one command that needs it.
  if (command === 'up') return (await import('./up.js')).up(name, set);
  if (command === 'down') return down(name, { purge });
  if (command === 'status') return void (process.exitCode = status(name) ? 0 : 1);
  if (command === 'servers' && verb === 'up') return serversUp(stack, owner);
  if (command === 'servers' && verb === 'down') return down(stack, { purge });
  throw new Error(`unknown command: ${positionals.join(' ')}\n${USAGE}`);
}

await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
