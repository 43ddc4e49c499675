import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { DirectorySettings } from '@relais/contracts';
import { agreeOnTls } from './start-tls.js';

type Way = Pick<DirectorySettings, 'startTls' | 'caPem'>;

/**
 * A connection to an LDAP server that is ready for its first request: with TLS from the first byte for `ldaps://`, with
 * StartTLS where the settings ask for it. Whatever goes wrong with TLS ends the connection, before anything was sent over it
 * but the wish to start: there is no way on in the clear.
 *
 * @throws Error in words, or of the network
 */
export async function connectLdap(url: string, way: Way, timeoutMs: number): Promise<Socket> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const plain = connect({ host, port: Number(port || (protocol === 'ldaps:' ? 636 : 389)) });
  const late = setTimeout(() => plain.destroy(new Error('it does not answer in time')), timeoutMs);
  try {
    await opened(plain, 'connect');
    if (protocol === 'ldaps:') return await secured(plain, host, way);
    return way.startTls ? await startTls(plain, host, way) : plain;
  } catch (error) {
    plain.destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

async function startTls(plain: Socket, host: string, way: Way): Promise<Socket> {
  await agreeOnTls(plain);
  return secured(plain, host, way);
}

/** The certificate is that of the host, whether it was named or given by its address. */
async function secured(plain: Socket, host: string, { caPem }: Way): Promise<Socket> {
  const named = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ socket: plain, host, ...named, ...(caPem ? { ca: caPem } : {}) });
  await opened(socket, 'secureConnect');
  return socket;
}

const opened = (socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> =>
  new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the connection was closed'));
    socket.once('error', reject).once('close', ended);
    socket.once(event, () => {
      socket.off('error', reject).off('close', ended);
      resolve();
    });
  });
