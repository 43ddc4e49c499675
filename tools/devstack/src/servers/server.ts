import { connect } from 'node:net';
import type { Secrets } from '../secrets.js';
import type { Stack } from '../stack.js';
import type { Source } from './source.js';

/** What a server needs to be started. */
export interface ServerContext {
  stack: Stack;
  secrets: Secrets;
  source: Exclude<Source, { kind: 'given' }>;
  port: number;
  /** Keeps PostgreSQL's data here instead of in the stack's directory, to look at disks. */
  dataDirectory?: string | undefined;
}

export const START_DEADLINE_MS = 60_000;

/** The name of the container behind a server; engines are shared by all stacks and checkouts. */
export const containerName = (stack: Stack, server: string): string => `relais-${stack.name}-${server}-${process.pid}`;

/** Connects and says what the server sent first, or undefined when there is none. With `hello`, sends that first. */
export function firstWords(port: number, hello?: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 });
    const answer = (words?: string) => {
      socket.destroy();
      resolve(words);
    };
    socket.on('connect', () => hello !== undefined && socket.write(hello));
    socket.on('data', (data) => answer(data.toString()));
    socket.on('error', () => answer());
    socket.on('timeout', () => answer());
    socket.on('close', () => answer());
  });
}
