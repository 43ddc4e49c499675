import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from '../json-file.js';
import { type StartedProcess, waitUntilReady } from '../process.js';
import { natsConfiguration } from './nats-configuration.js';
import { type ServerContext, START_DEADLINE_MS, containerName, firstWords } from './server.js';

export const natsUrl = (port: number): string => `nats://127.0.0.1:${port}`;

/** Starts NATS with JetStream and the permissions of the contracts: whoever has no key is nobody. */
export async function startNats(context: ServerContext): Promise<StartedProcess> {
  const { source, port } = context;
  const server = source.kind === 'binary' ? startBinary(context, source.path) : startContainer(context);
  await waitUntilReady(server, async () => (await firstWords(port))?.startsWith('INFO ') ?? false, START_DEADLINE_MS);
  return server;
}

function startBinary({ stack, secrets, port }: ServerContext, binary: string): StartedProcess {
  const file = join(stack.directory, 'nats.conf');
  const store = join(stack.directory, 'nats');
  mkdirSync(store, { recursive: true });
  writePrivate(file, natsConfiguration({ host: '127.0.0.1', port, store, seeds: secrets.nkeySeeds }));
  return stack.start({ name: 'nats', command: binary, args: ['-c', file] });
}

function startContainer({ stack, secrets, source, port }: ServerContext): StartedProcess {
  if (source.kind !== 'container') throw new Error('not a container');
  const name = containerName(stack, 'nats');
  const file = join(stack.directory, 'nats.conf');
  const store = join(stack.directory, 'nats');
  mkdirSync(store, { recursive: true });
  writePrivate(file, natsConfiguration({ host: '0.0.0.0', port: 4_222, store: '/data', seeds: secrets.nkeySeeds }));
  return stack.start({
    name: 'nats',
    command: source.engine,
    args: [
      ...['run', '--rm', '--name', name, '-p', `127.0.0.1:${port}:4222`, '-v', `${file}:/etc/nats.conf:ro`],
      ...['-v', `${store}:/data`, source.image, '-c', '/etc/nats.conf'],
    ],
    container: { engine: source.engine, name },
  });
}
