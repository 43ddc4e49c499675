import { Injectable } from '@nestjs/common';
import type { Client } from 'ldapts';
import type { DirectorySettings } from '@relais/contracts';
import { BlindIndex } from '@relais/crypto';
import { Clock, type OrganizationId } from '@relais/kernel';
import { Database } from '../database/database.js';
import { changedBetween, Census, type DirectoryMark, isStale, type Position, readPosition } from './directory-mark.js';
import { linkedPage } from './directory-rows.postgres.js';
import { DirectorySecrets } from './directory-settings.js';
import { DirectoryProblem, openDirectory } from './ldap-client.js';
import { changeFor, digestOf, type Linked, PUT_OUT, raisesRole } from './plan.js';
import { type DirectoryRecord, readChangedPeople, readPeople, type Seen } from './read-directory.js';
import { insertChanges, type NewChange } from './run-rows.postgres.js';

const PAGE = 5_000;

interface Planning {
  organizationId: OrganizationId;
  directoryId: string;
  runId: string;
  settings: DirectorySettings;
  /** What an earlier run has left, where this one may read no more than what has changed since. */
  mark: DirectoryMark | null;
  /** Called between pages: keeps the lease, or ends the run. */
  goOn: () => Promise<void>;
}

export interface Planned {
  seen: number;
  linked: number;
  disables: number;
  /** How many get the power of an administrator who have none. */
  raises: number;
  /** Whether everybody was read, or only who has changed. */
  isWhole: boolean;
  /** For the next run, once this one is applied; null where the server does not count its changes. */
  mark: DirectoryMark | null;
}

/**
 * Compares what a directory shows with who came from it, and writes down what to change. Holds a digest for each person who
 * came from it, never the people themselves; the directory is read a page at a time.
 */
@Injectable()
export class Planner {
  constructor(
    private readonly db: Database,
    private readonly index: BlindIndex,
    private readonly secrets: DirectorySecrets,
    private readonly clock: Clock,
  ) {}

  /** @throws DirectoryProblem when the answer is not whole, or empty although it was not before */
  async plan(planning: Planning): Promise<Planned> {
    const { settings, organizationId, directoryId } = planning;
    const known = await this.linked(organizationId, directoryId);
    const client = await openDirectory(settings);
    try {
      const position = await readPosition(client, settings);
      return (
        (await this.planChanges(planning, client, known, position)) ??
        (await this.planAll(planning, client, known, position))
      );
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }

  private async planAll(
    planning: Planning,
    client: Client,
    known: Map<string, Linked>,
    position: Position | null,
  ): Promise<Planned> {
    const now = this.clock.now();
    const seen: Seen = { people: new Census(), groups: new Census() };
    const planned: Planned = { seen: 0, linked: known.size, disables: 0, raises: 0, isWhole: true, mark: null };
    let line = 1;
    for await (const records of readPeople(client, planning.settings, now, seen)) {
      const changes = await this.compare(planning, records, known);
      planned.seen += records.length;
      line = await this.write(planning, line, changes, planned);
      await planning.goOn();
    }
    if (planned.seen === 0 && planned.linked > 0)
      throw new DirectoryProblem('the directory shows nobody: nobody is put out');
    await this.write(planning, line, await this.vanished(planning, known), planned);
    return { ...planned, mark: position && { ...marked(seen, position), wholeAt: now.toISOString() } };
  }

  /** Null where everybody has to be read. */
  private async planChanges(
    planning: Planning,
    client: Client,
    known: Map<string, Linked>,
    position: Position | null,
  ): Promise<Planned | null> {
    const { mark, settings } = planning;
    const now = this.clock.now();
    if (!mark || !position || isStale(mark, now)) return null;
    const changed = changedBetween(mark.position, position);
    if (changed === null) return null;
    const planned: Planned = { seen: 0, linked: known.size, disables: 0, raises: 0, isWhole: false, mark };
    if (changed === 'nothing') return planned;
    // A server that does not take such a question is asked for everybody.
    const read = await readChangedPeople(client, settings, now, { ...mark, changed }).catch(() => null);
    if (!read) return null;
    const changes = await this.compare(planning, read.records, known);
    await this.write(planning, 1, changes, planned);
    return { ...planned, seen: read.records.length, mark: { ...mark, ...earlier(mark, marked(read.seen, position)) } };
  }

  private async linked(organizationId: OrganizationId, sourceId: string): Promise<Map<string, Linked>> {
    const known = new Map<string, Linked>();
    let after: Buffer | null = null;
    for (;;) {
      const page = await this.db.within(organizationId, (tx) =>
        linkedPage(tx, organizationId, sourceId, { after, limit: PAGE }),
      );
      for (const { external_index, user_id, digest, state, role } of page)
        known.set(external_index.toString('base64'), { userId: user_id, digest, isActive: state === 'active', role });
      if (page.length < PAGE) return known;
      after = page.at(-1)?.external_index ?? null;
    }
  }

  /** Whoever was seen is known no more: those who are left at the end have vanished. */
  private async compare(
    { organizationId, runId }: Planning,
    records: readonly DirectoryRecord[],
    known: Map<string, Linked>,
  ): Promise<NewChange[]> {
    const changes: NewChange[] = [];
    for (const record of records) {
      const externalIndex = await this.index.digest(organizationId, 'external_id', record.externalId);
      const key = externalIndex.toString('base64');
      const linked = known.get(key);
      known.delete(key);
      const kind = changeFor(record, linked);
      if (!kind) continue;
      changes.push({
        kind,
        user_id: linked?.userId ?? null,
        external_index: externalIndex,
        record_sealed: await this.secrets.seal(organizationId, runId, JSON.stringify(record)),
        raises_role: raisesRole(kind, record, linked),
        ...(kind === 'disable'
          ? { digest: PUT_OUT, problem: null }
          : { digest: digestOf(record), problem: record.hasBadPhone ? 'phone_invalid' : null }),
      });
    }
    return changes;
  }

  private async vanished(
    { organizationId, runId }: Planning,
    known: ReadonlyMap<string, Linked>,
  ): Promise<NewChange[]> {
    const nothing = await this.secrets.seal(organizationId, runId, JSON.stringify(null));
    return [...known]
      .filter(([, { isActive }]) => isActive)
      .map(([key, { userId }]) => ({
        ...{ kind: 'disable' as const, user_id: userId, external_index: Buffer.from(key, 'base64') },
        ...{ record_sealed: nothing, digest: PUT_OUT, problem: null, raises_role: false },
      }));
  }

  private async write(
    { organizationId, runId }: Planning,
    position: number,
    changes: readonly NewChange[],
    planned: Planned,
  ): Promise<number> {
    planned.disables += changes.filter(({ kind }) => kind === 'disable').length;
    planned.raises += changes.filter(({ raises_role }) => raises_role).length;
    for (let at = 0; at < changes.length; at += PAGE)
      await this.db.within(organizationId, (tx) =>
        insertChanges(tx, organizationId, runId, position + at, changes.slice(at, at + PAGE)),
      );
    return position + changes.length;
  }
}

const marked = ({ people, groups }: Seen, position: Position): Omit<DirectoryMark, 'wholeAt'> => ({
  position,
  people: people.text,
  groups: groups.text,
  expiresAt: people.expiresAt,
});

/** The accounts of those who have not changed run out when they did. */
const earlier = (before: DirectoryMark, now: Omit<DirectoryMark, 'wholeAt'>): Omit<DirectoryMark, 'wholeAt'> => ({
  ...now,
  expiresAt: [before.expiresAt, now.expiresAt].filter((at) => at !== null).toSorted()[0] ?? null,
});
