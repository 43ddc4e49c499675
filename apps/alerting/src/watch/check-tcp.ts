import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ReachableAddresses } from './addresses.js';
import { ProbeFailure } from './probe-failure.js';

interface Place {
  host: string;
  port: number;
}

/** Somebody listens. */
export async function checkTcp(place: Place, reachable: ReachableAddresses, signal: AbortSignal): Promise<void> {
  (await open(place, reachable, signal)).destroy();
}

/** An open connection; the caller destroys it. @throws ProbeFailure */
export async function open({ host, port }: Place, reachable: ReachableAddresses, signal: AbortSignal): Promise<Socket> {
  const address = await reachable.find(host);
  signal.throwIfAborted();
  const socket = connect({ host: address, port });
  const abandon = () => socket.destroy(new Error('it takes too long'));
  signal.addEventListener('abort', abandon, { once: true });
  socket.on('close', () => signal.removeEventListener('abort', abandon));
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    socket.destroy();
    throw new ProbeFailure('unreachable', `nobody listens at ${host}:${port}`, error);
  }
}
