import { createHash } from 'node:crypto';
import type { DirectorySettings } from '@relais/contracts';
import type { Client, Entry } from 'ldapts';
import { allTextsOf, textOf } from './ldap-client.js';

/** Everything is read again after so long, whatever the server says about changes. */
const WHOLE_EVERY_MS = 24 * 3_600_000;

/** Where a server's own count of its changes stands: one number of one server, or one change per server that takes writes. */
export type Position =
  { kind: 'usn'; server: string; usn: string } | { kind: 'csn'; changes: Readonly<Record<string, string>> };

/** What is remembered of a directory between two runs, so that the next one need not read everybody. */
export interface DirectoryMark {
  /** Taken before anything was read: what changes meanwhile is read twice rather than never. */
  position: Position;
  /** Who was there and which groups, each by name; nobody can be told from it. */
  people: string;
  groups: string;
  /** When the next account runs out, which no server counts as a change. */
  expiresAt: string | null;
  /** When everybody was read last. */
  wholeAt: string;
}

/** Whether a mark has to be given up for what time alone has done. */
export const isStale = ({ wholeAt, expiresAt }: DirectoryMark, now: Date): boolean =>
  now.getTime() - Date.parse(wholeAt) >= WHOLE_EVERY_MS ||
  (expiresAt !== null && Date.parse(expiresAt) <= now.getTime());

/**
 * Where the server stands: Active Directory counts in `highestCommittedUSN`, each domain controller for itself; OpenLDAP with
 * syncprov, and what descends from it, in `contextCSN`. Null where a server says neither.
 */
export async function readPosition(client: Client, { people }: DirectorySettings): Promise<Position | null> {
  const root = await entryAt(client, '', ['highestCommittedUSN', 'dsServiceName', 'namingContexts']);
  return (await usnOf(client, root)) ?? (await csnOf(client, root, people.base));
}

/** The id of a server's database is another one after it was restored from a backup: its numbers begin again then. */
async function usnOf(client: Client, root: Entry | undefined): Promise<Position | null> {
  const [usn, service] = root ? [textOf(root, 'highestCommittedUSN'), textOf(root, 'dsServiceName')] : ['', ''];
  if (!/^\d{1,19}$/.test(usn) || service === '') return null;
  const settings = await entryAt(client, service, ['invocationId']);
  const server = settings ? textOf(settings, 'invocationId') : '';
  return server === '' ? null : { kind: 'usn', server, usn };
}

async function csnOf(client: Client, root: Entry | undefined, base: string): Promise<Position | null> {
  const contexts = root ? await allTextsOf(client, root, 'namingContexts') : [];
  const context = contexts.find((one) => base.toLowerCase().endsWith(one.toLowerCase()));
  const found = context === undefined ? undefined : await entryAt(client, context, ['contextCSN']);
  const numbers = found ? await allTextsOf(client, found, 'contextCSN') : [];
  const changes = Object.fromEntries(numbers.map((csn) => [csn.split('#')[2] ?? '', csn]));
  return numbers.length === 0 || numbers.some((csn) => !CSN.test(csn)) ? null : { kind: 'csn', changes };
}

const CSN = /^\d{14}(?:\.\d{6})?Z#[0-9a-f]{6}#[0-9a-f]{3}#[0-9a-f]{6}$/i;

async function entryAt(client: Client, dn: string, attributes: string[]): Promise<Entry | undefined> {
  const explicitBufferAttributes = attributes.filter((name) => name === 'invocationId');
  try {
    return (await client.search(dn, { scope: 'base', attributes, explicitBufferAttributes })).searchEntries[0];
  } catch (error) {
    // Who may not read this reads everybody instead; a server that answers nothing is asked for nothing more.
    if (typeof (error as { code?: unknown }).code === 'number') return undefined;
    throw error;
  }
}

/** A filter, to be put beside another, for what has changed between two positions, `nothing` where nothing has, null where it cannot be told. */
export function changedBetween(before: Position, now: Position): string | 'nothing' | null {
  if (before.kind === 'usn' && now.kind === 'usn') {
    if (before.server !== now.server || BigInt(now.usn) < BigInt(before.usn)) return null;
    return now.usn === before.usn ? 'nothing' : `(uSNChanged>=${BigInt(before.usn) + 1n})`;
  }
  if (before.kind !== 'csn' || now.kind !== 'csn') return null;
  const servers = Object.keys(now.changes);
  if (servers.some((server) => !before.changes[server])) return null;
  // A change of another server may arrive long after it was made: its own last number tells from where to look.
  const [oldest] = servers
    .filter((server) => now.changes[server] !== before.changes[server])
    .map((server) => before.changes[server] ?? '')
    .toSorted();
  return oldest === undefined ? 'nothing' : `(entryCSN>=${oldest})(!(entryCSN=${oldest}))`;
}

/** Counts who is there in any order: the same for the same names, another as soon as one comes, goes or is called otherwise. */
export class Census {
  private readonly sum = Buffer.alloc(32);
  private expires: number | null = null;

  add(...names: readonly string[]): void {
    const digest = createHash('sha256').update(JSON.stringify(names)).digest();
    for (let at = 0; at < digest.length; at++) this.sum[at] = (this.sum[at] ?? 0) ^ (digest[at] ?? 0);
  }

  /** Somebody's account runs out then. */
  expiring(atMs: number | null, now: Date): void {
    if (atMs !== null && atMs >= now.getTime()) this.expires = Math.min(this.expires ?? atMs, atMs);
  }

  get text(): string {
    return this.sum.toString('base64');
  }

  get expiresAt(): string | null {
    return this.expires === null ? null : new Date(this.expires).toISOString();
  }
}
