const PASSWORD = 'test-only';

/** Starts a server in a container and gives its URL. Loaded late: most test runs have servers already. */
export async function startContainer(server: 'postgres' | 'nats' | 'redis'): Promise<string> {
  const { GenericContainer } = await import('testcontainers');
  const { image, port, command, environment, url } = CONTAINERS[server];
  const container = await new GenericContainer(image)
    .withExposedPorts(port)
    .withEnvironment(environment)
    .withCommand(command)
    .start();
  return url(`${container.getHost()}:${container.getMappedPort(port)}`);
}

const CONTAINERS = {
  postgres: {
    image: 'postgres:15',
    port: 5_432,
    command: ['postgres', '-c', 'fsync=on'],
    environment: { POSTGRES_PASSWORD: PASSWORD },
    url: (address: string) => `postgres://postgres:${PASSWORD}@${address}/postgres`,
  },
  nats: {
    image: 'nats:2.12',
    port: 4_222,
    command: ['-js'],
    environment: {},
    url: (address: string) => `nats://${address}`,
  },
  redis: {
    image: 'redis:7',
    port: 6_379,
    command: ['redis-server', '--save', '', '--protected-mode', 'no'],
    environment: {},
    url: (address: string) => `redis://${address}`,
  },
};
