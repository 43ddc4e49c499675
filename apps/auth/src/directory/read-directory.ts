import type { DirectorySettings, Role } from '@relais/contracts';
import { email as emailSchema } from '@relais/contracts';
import type { PoolId } from '@relais/kernel';
import type { Client, Entry } from 'ldapts';
import { firstPhone, type FoundPhone } from '../addresses/phone.js';
import { expiryOf, isActive, STATE_ATTRIBUTES } from './account-state.js';
import { Census } from './directory-mark.js';
import { allTextsOf, DirectoryProblem, readAll, textOf, textsOf } from './ldap-client.js';

const MAX_DEPTH = 20;
const MAX_NAME_CHARACTERS = 250;
/** Where more people have changed than this, everybody is read, a page at a time. */
const MAX_CHANGED = 5_000;

/** A person as a directory shows them. */
export interface DirectoryRecord extends FoundPhone {
  externalId: string;
  dn: string;
  email: string;
  displayName: string;
  isActive: boolean;
  /** Pools that the mapping gives; those given by hand stay beside them. */
  poolIds: PoolId[];
  role: Exclude<Role, 'owner'>;
}

/** Whom and which groups a reading came across. */
export interface Seen {
  people: Census;
  groups: Census;
}

type Gives = { poolIds: Set<PoolId>; role: Exclude<Role, 'owner'> };

/** Reads the people of a directory, page by page, each with what their groups give them. */
export async function* readPeople(
  client: Client,
  settings: DirectorySettings,
  now: Date,
  seen: Seen = { people: new Census(), groups: new Census() },
): AsyncGenerator<DirectoryRecord[]> {
  const given = await readGroups(client, settings, seen.groups);
  for await (const entries of peopleOf(client, settings)) {
    for (const entry of entries) {
      seen.people.add(textOf(entry, settings.people.externalId), entry.dn);
      seen.people.expiring(expiryOf(entry), now);
    }
    yield entries.flatMap((entry) => toRecord(entry, settings, given, now) ?? []);
  }
}

/**
 * The people whom a filter for changes finds, with what their groups give them, beside the names of everybody: who has come or
 * gone is seen by that alone. Null where all has to be read: because somebody did, because a group has changed, or too much.
 */
export async function readChangedPeople(
  client: Client,
  settings: DirectorySettings,
  now: Date,
  since: { changed: string; people: string; groups: string },
): Promise<{ records: DirectoryRecord[]; seen: Seen } | null> {
  const seen: Seen = { people: new Census(), groups: new Census() };
  if (await haveGroupsChanged(client, settings, since, seen.groups)) return null;
  const { externalId } = settings.people;
  for await (const entries of peopleOf(client, settings, { attributes: [externalId] }))
    for (const entry of entries) seen.people.add(textOf(entry, externalId), entry.dn);
  if (seen.people.text !== since.people) return null;
  const changed: Entry[] = [];
  for await (const entries of peopleOf(client, settings, { changed: since.changed })) {
    changed.push(...entries);
    if (changed.length > MAX_CHANGED) return null;
  }
  for (const entry of changed) seen.people.expiring(expiryOf(entry), now);
  const given = changed.length === 0 ? new Map<string, Gives>() : await readGroups(client, settings, new Census());
  return { records: changed.flatMap((entry) => toRecord(entry, settings, given, now) ?? []), seen };
}

async function haveGroupsChanged(
  client: Client,
  { groups, pageSize }: DirectorySettings,
  { changed, groups: before }: { changed: string; groups: string },
  seen: Census,
): Promise<boolean> {
  if (!groups || groups.mappings.length === 0) return false;
  const options = { attributes: ['1.1'], pageSize };
  for await (const entries of readAll(client, groups.base, { ...options, filter: groups.filter }))
    for (const { dn } of entries) seen.add(normal(dn));
  if (seen.text !== before) return true;
  for await (const entries of readAll(client, groups.base, { ...options, filter: both(groups.filter, changed) }))
    if (entries.length > 0) return true;
  return false;
}

const both = (one: string, other: string): string => `(&${one.startsWith('(') ? one : `(${one})`}${other})`;

function peopleOf(
  client: Client,
  { people, pageSize }: DirectorySettings,
  { changed, attributes }: { changed?: string; attributes?: string[] } = {},
): AsyncGenerator<Entry[]> {
  const { base, externalId, email, displayName, phone } = people;
  const filter = changed === undefined ? people.filter : both(people.filter, changed);
  const all = [externalId, email, displayName, ...phone, ...STATE_ATTRIBUTES];
  return readAll(client, base, { filter, attributes: attributes ?? all, pageSize });
}

/** Whoever has no id or no address that works is nobody to us. */
function toRecord(
  entry: Entry,
  { people }: DirectorySettings,
  given: ReadonlyMap<string, Gives>,
  now: Date,
): DirectoryRecord | null {
  const externalId = textOf(entry, people.externalId);
  const address = emailSchema.safeParse(textOf(entry, people.email).trim());
  if (externalId === '' || !address.success) return null;
  const gives = given.get(normal(entry.dn));
  const displayName = textOf(entry, people.displayName).trim().slice(0, MAX_NAME_CHARACTERS).toWellFormed();
  return {
    externalId,
    dn: entry.dn,
    email: address.data,
    displayName: displayName === '' ? address.data : displayName,
    ...firstPhone(people.phone.flatMap((attribute) => textsOf(entry, attribute))),
    isActive: isActive(entry, now),
    poolIds: [...(gives?.poolIds ?? [])].sort(),
    role: gives?.role ?? 'member',
  };
}

/** What each person gets from the groups they are in, directly or through other groups. A group inside itself ends there. */
async function readGroups(client: Client, settings: DirectorySettings, seen: Census): Promise<Map<string, Gives>> {
  const { groups } = settings;
  const given = new Map<string, Gives>();
  if (!groups || groups.mappings.length === 0) return given;
  const members = new Map<string, string[]>();
  const options = { filter: groups.filter, attributes: [groups.member], pageSize: settings.pageSize };
  for await (const entries of readAll(client, groups.base, options))
    for (const entry of entries) {
      seen.add(normal(entry.dn));
      members.set(normal(entry.dn), (await allTextsOf(client, entry, groups.member)).map(normal));
    }
  for (const { group, poolId, role } of groups.mappings) {
    if (!members.has(normal(group))) throw new DirectoryProblem(`there is no group ${group}`);
    for (const person of insideOf(normal(group), members)) {
      const gives = given.get(person) ?? { poolIds: new Set<PoolId>(), role: 'member' };
      if (poolId) gives.poolIds.add(poolId);
      if (role === 'admin') gives.role = 'admin';
      given.set(person, gives);
    }
  }
  return given;
}

function insideOf(group: string, members: ReadonlyMap<string, string[]>): Set<string> {
  const people = new Set<string>();
  const seen = new Set([group]);
  let level = [group];
  for (let depth = 0; level.length > 0 && depth < MAX_DEPTH; depth++) {
    const inside = level.flatMap((one) => members.get(one) ?? []);
    level = [];
    for (const one of inside) {
      if (!members.has(one)) people.add(one);
      else if (!seen.has(one)) {
        seen.add(one);
        level.push(one);
      }
    }
  }
  return people;
}

/** Distinguished names are compared without case and without blanks around their parts (RFC 4514, RFC 4518). */
const normal = (dn: string): string =>
  dn
    .toLowerCase()
    .replaceAll(/\s*([,=+])\s*/g, '$1')
    .trim();
