import { appendEntry } from '@relais/contracts';
import type { Envelope } from '@relais/crypto';
import type { OrganizationId } from '@relais/kernel';
import { type Append, type Asking, keyOf } from './append.js';
import { isSame, toEntry } from './entry-sealing.js';
import type { EntryStore, Standing, StoredEntry } from './entry-store.js';

/** Gives the first result to whoever sends something again, and refuses the id to everything else. */
export class Replays {
  constructor(
    private readonly store: EntryStore,
    private readonly envelope: Envelope,
  ) {}

  /** Answers those that are in the log. @returns the others. */
  async answer(organizationId: OrganizationId, asking: readonly Asking[]): Promise<Append[]> {
    if (asking.length === 0) return [];
    const known = await this.store.find(
      organizationId,
      asking.map(({ append }) => append.command),
    );
    const byId = new Map(known.map((stored) => [keyOf(stored), stored]));
    const left: Append[] = [];
    for (const { append, standing } of asking) {
      const stored = byId.get(keyOf(append.command));
      if (!stored) left.push(append);
      else await this.replay(organizationId, append, standing, stored).catch((error) => append.failed(error));
    }
    return left;
  }

  private async replay(organizationId: OrganizationId, append: Append, standing: Standing, stored: StoredEntry) {
    const isTheirs = stored.senderId === append.userId;
    if (!isTheirs || !(await isSame(this.envelope, organizationId, stored, append.command)))
      return append.failed(appendEntry.fail('entry_id_reused'));
    append.done({ entry: toEntry(stored, stored.body ? append.command.body : null), standing, replayed: true });
  }
}
