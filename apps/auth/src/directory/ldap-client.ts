import type { Socket } from 'node:net';
import type { DirectorySettings } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { Client, Entry } from 'ldapts';
import { connectLdap } from './ldap-socket.js';

/** What the library makes of a socket that it is given: nothing more, TLS or not is decided by then. */
const PLAIN = 'ldap://given';
const CONNECT_TIMEOUT_MS = 5_000;
/** Longest silence of a directory within one request. */
const TIMEOUT_MS = 30_000;

/** Ids of Active Directory are bytes: read as text, two people may look the same. */
const BINARY = /^(objectguid|objectsid|ms-ds-consistencyguid)$/i;
const MAX_RANGES = 10_000;

/** Why a directory could not be read, in words for who manages it. */
export class DirectoryProblem extends AppError {
  constructor(says: string, cause?: unknown) {
    super('unavailable', 'directory_problem', says, { cause });
  }
}

/**
 * Opens a connection to the first server that answers, encrypted unless it is on this machine, and binds.
 *
 * @throws DirectoryProblem
 */
export async function openDirectory(settings: DirectorySettings, timeoutMs = TIMEOUT_MS): Promise<Client> {
  const failures: string[] = [];
  for (const url of settings.urls) {
    try {
      return await openAt(url, settings, timeoutMs);
    } catch (error) {
      failures.push(`${url}: ${wordsOf(error)}`);
    }
  }
  throw new DirectoryProblem(failures.join('; '));
}

async function openAt(url: string, settings: DirectorySettings, timeoutMs: number): Promise<Client> {
  const { Client: LdapClient } = await import('ldapts');
  const socket = await connectLdap(url, settings, Math.min(CONNECT_TIMEOUT_MS, timeoutMs));
  const client = new LdapClient({ url: PLAIN, timeout: timeoutMs, createConnection: onceOnly(socket) });
  try {
    await client.bind(settings.bindDn, settings.bindPassword ?? '');
    return client;
  } catch (error) {
    await client.unbind().catch(() => undefined);
    throw error;
  }
}

/** A connection that is lost is not made again: by then nobody is bound, and the answers are not those to what was asked. */
function onceOnly(socket: Socket): () => Socket {
  let left: Socket | undefined = socket;
  return () => {
    const given = left;
    left = undefined;
    if (!given) throw new DirectoryProblem('the connection was lost');
    return given;
  };
}

/** Whether a password would travel in the clear to another machine. */
export const isUnsafe = ({ urls, startTls }: Pick<DirectorySettings, 'urls' | 'startTls'>): boolean =>
  urls.some(
    (url) =>
      url.startsWith('ldap:') && !startTls && !['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname),
  );

/**
 * Every entry, page by page. An answer that is not whole is none: a size limit, a referral to another server, a lost
 * connection all end it with a problem.
 */
export async function* readAll(
  client: Client,
  base: string,
  options: { filter: string; attributes: string[]; pageSize: number },
): AsyncGenerator<Entry[]> {
  const { filter, attributes, pageSize } = options;
  const explicitBufferAttributes = attributes.filter((name) => BINARY.test(name));
  const pages = client.searchPaginated(base, {
    ...{ scope: 'sub', filter, attributes, explicitBufferAttributes, paged: { pageSize } },
  });
  for await (const { searchEntries, searchReferences } of pages) {
    if (searchReferences.length > 0)
      throw new DirectoryProblem(
        `the directory refers to other servers (${searchReferences[0]}): give one that has everything`,
      );
    yield searchEntries;
  }
}

/** An error of the library or the network in words. */
export function wordsOf(error: unknown): string {
  if (error instanceof DirectoryProblem) return error.message;
  const { name = 'Error', message = '', code } = error as Error & { code?: string | number };
  if (code === 'ECONNREFUSED') return 'nothing answers at this address';
  if (code === 'ENOTFOUND') return 'there is no such host';
  if (name === 'InvalidCredentialsError') return 'the bind name or password is wrong';
  if (name === 'SizeLimitExceededError')
    return 'the directory gives fewer entries than there are: raise its size limit';
  if (name === 'NoSuchObjectError') return 'there is no such base';
  if (/certificate|self.signed|altname/i.test(message)) return `its certificate is not trusted: ${message}`;
  return `${name}: ${message}`.slice(0, 300);
}

export const textOf = (entry: Entry, attribute: string): string => {
  const value = entry[attribute];
  const [first] = Array.isArray(value) ? value : [value];
  return Buffer.isBuffer(first) ? first.toString('hex') : (first ?? '');
};

/**
 * All values of an attribute. Active Directory gives many values of one piece by piece, under a name that says which (range
 * retrieval, MS-ADTS 3.1.1.3.1.3.3); whoever reads only the name itself sees none of them.
 */
export async function allTextsOf(client: Client, entry: Entry, attribute: string): Promise<string[]> {
  const all = textsOf(entry, attribute);
  let piece = pieceOf(entry, attribute);
  for (let left = MAX_RANGES; piece && left > 0; left--) {
    all.push(...textsOf(piece.entry, piece.name));
    if (piece.last === '*') return all;
    const attributes = [`${attribute};range=${Number(piece.last) + 1}-*`];
    const { searchEntries } = await client.search(entry.dn, { scope: 'base', attributes });
    piece = searchEntries[0] && pieceOf(searchEntries[0], attribute);
    if (!piece) throw new DirectoryProblem(`the members of ${entry.dn} could not be read to the end`);
  }
  return all;
}

function pieceOf(entry: Entry, attribute: string): { entry: Entry; name: string; last: string } | undefined {
  for (const name of Object.keys(entry)) {
    const [, of, last] = /^(.+);range=\d+-(\d+|\*)$/i.exec(name) ?? [];
    if (last !== undefined && of?.toLowerCase() === attribute.toLowerCase()) return { entry, name, last };
  }
  return undefined;
}

export const textsOf = (entry: Entry, attribute: string): string[] => {
  const value = entry[attribute] ?? [];
  return (Array.isArray(value) ? value : [value]).map(String);
};
