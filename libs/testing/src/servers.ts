export interface TestNats {
  url: string;
  /** nkey seed of a user who may do everything; undefined where the server asks for none. */
  seed: string | undefined;
}

/**
 * The URL of a PostgreSQL superuser: the server that `node tools/run.mjs test` has started, else a container of this run.
 * @throws Error saying how to run the test when there is neither.
 */
export const testPostgres = (): string => given('TEST_POSTGRES_URL');

/** Like `testPostgres`. Streams are shared by all tests of a run: use subjects and names of your own. */
export const testNats = (): TestNats => ({ url: given('TEST_NATS_URL'), seed: process.env.TEST_NATS_SEED });

/** Like `testPostgres`. The key space is shared by all tests of a run: use a prefix of your own. */
export const testRedis = (): string => given('TEST_REDIS_URL');

function given(name: string): string {
  const url = process.env[name];
  if (url) return url;
  throw new Error(
    `${name} is not set and no container engine answers: run this test through \`node tools/run.mjs test int\``,
  );
}
