import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { writePrivate } from '../json-file.js';
import { type StartedProcess, waitUntilReady } from '../process.js';
import { type ServerContext, START_DEADLINE_MS, containerName, firstWords } from './server.js';

export const redisUrl = (password: string, port: number): string => `redis://:${password}@127.0.0.1:${port}`;

/** Starts Redis as the product uses it: a cache of soft state, nothing on disk, nothing evicted behind our back. */
export async function startRedis(context: ServerContext): Promise<StartedProcess> {
  const { source, secrets, port } = context;
  const server = source.kind === 'binary' ? startBinary(context, source.path) : startContainer(context);
  const hello = `AUTH ${secrets.redisPassword}\r\n`;
  await waitUntilReady(
    server,
    async () => (await firstWords(port, hello))?.startsWith('+OK') ?? false,
    START_DEADLINE_MS,
  );
  return server;
}

const configuration = (password: string, bind: string, port: number) => `bind ${bind}
port ${port}
protected-mode yes
requirepass ${password}
appendonly no
save ""
maxmemory-policy noeviction
`;

function startBinary({ stack, secrets, port }: ServerContext, binary: string): StartedProcess {
  const file = join(stack.directory, 'redis.conf');
  mkdirSync(join(stack.directory, 'redis'), { recursive: true });
  writePrivate(file, configuration(secrets.redisPassword, '127.0.0.1', port));
  return stack.start({ name: 'redis', command: binary, args: [file], cwd: join(stack.directory, 'redis') });
}

function startContainer({ stack, secrets, source, port }: ServerContext): StartedProcess {
  if (source.kind !== 'container') throw new Error('not a container');
  const name = containerName(stack, 'redis');
  const file = join(stack.directory, 'redis.conf');
  writePrivate(file, configuration(secrets.redisPassword, '0.0.0.0', 6_379));
  return stack.start({
    name: 'redis',
    command: source.engine,
    // The image's own entrypoint would change to a user who cannot read the file.
    args: [
      ...['run', '--rm', '--name', name, '-p', `127.0.0.1:${port}:6379`, '-v', `${file}:/etc/redis.conf:ro`],
      ...['--entrypoint', 'redis-server', source.image, '/etc/redis.conf'],
    ],
    container: { engine: source.engine, name },
  });
}
