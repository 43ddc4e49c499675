import { startContainer } from './containers.js';

export interface TestNats {
  url: string;
  /** nkey seed of a user who may do everything; undefined where the server asks for none. */
  seed: string | undefined;
}

const kept = new Map<string, Promise<string>>();

/**
 * The URL of a PostgreSQL superuser: the server that `node tools/run.mjs test` has started, else a container of this
 * test process, which the engine removes when the process has ended.
 * @throws Error saying how to run the test when there is neither.
 */
export const testPostgres = (): Promise<string> =>
  fromEnvironment('TEST_POSTGRES_URL', () => startContainer('postgres'));

/** Like `testPostgres`. Streams are shared by all tests of a run: use subjects and names of your own. */
export async function testNats(): Promise<TestNats> {
  const url = await fromEnvironment('TEST_NATS_URL', () => startContainer('nats'));
  return { url, seed: process.env.TEST_NATS_URL ? process.env.TEST_NATS_SEED : undefined };
}

/** Like `testPostgres`. The key space is shared by all tests of a run: use a prefix of your own. */
export const testRedis = (): Promise<string> => fromEnvironment('TEST_REDIS_URL', () => startContainer('redis'));

function fromEnvironment(name: string, start: () => Promise<string>): Promise<string> {
  const given = process.env[name];
  if (given) return Promise.resolve(given);
  const found = kept.get(name) ?? start().catch((cause: unknown) => Promise.reject(noServer(name, cause)));
  kept.set(name, found);
  return found;
}

const noServer = (name: string, cause: unknown) =>
  new Error(
    `${name} is not set and no container engine answers: run this test through \`node tools/run.mjs test int\``,
    { cause },
  );
