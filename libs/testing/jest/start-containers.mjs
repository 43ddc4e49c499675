// Jest's globalSetup: servers in containers for a run that was given none, all test files of the run together.
const PASSWORD = 'test-only';

const SERVERS = [
  {
    name: 'TEST_POSTGRES_URL',
    image: 'postgres:15',
    port: 5_432,
    command: ['postgres', '-c', 'fsync=on', '-c', 'max_connections=200'],
    environment: { POSTGRES_PASSWORD: PASSWORD },
    url: (address) => `postgres://postgres:${PASSWORD}@${address}/postgres`,
  },
  {
    name: 'TEST_NATS_URL',
    image: 'nats:2.12',
    port: 4_222,
    command: ['-js'],
    environment: {},
    url: (address) => `nats://${address}`,
  },
  {
    name: 'TEST_REDIS_URL',
    image: 'redis:7',
    port: 6_379,
    command: ['redis-server', '--save', '', '--protected-mode', 'no'],
    environment: {},
    url: (address) => `redis://${address}`,
  },
];

/** Where no engine answers, no server is named: each test that wants one says what to do, and the others run. */
export default async function startContainers() {
  globalThis.relaisContainers = [];
  for (const server of SERVERS.filter(({ name }) => !process.env[name])) {
    const container = await start(server).catch((error) => {
      process.stderr.write(`no container of ${server.image}: ${error.message}\n`);
    });
    if (!container) return;
    globalThis.relaisContainers.push(container);
    process.env[server.name] = server.url(`${container.getHost()}:${container.getMappedPort(server.port)}`);
  }
}

// Loaded late: most runs have servers already.
async function start({ image, port, command, environment }) {
  const { GenericContainer } = await import('testcontainers');
  return new GenericContainer(image).withExposedPorts(port).withEnvironment(environment).withCommand(command).start();
}
