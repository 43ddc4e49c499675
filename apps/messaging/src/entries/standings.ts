import type { ConversationId, OrganizationId, UserId } from '@relais/kernel';
import type { EntryStore, Standing } from './entry-store.js';

const MAX_ENTRIES = 50_000;

export interface Pair {
  conversationId: ConversationId;
  userId: UserId;
}

const keyOf = (organizationId: OrganizationId, { conversationId, userId }: Pair): string =>
  `${organizationId}/${conversationId}/${userId}`;

/**
 * How people stand in conversations, remembered. What is remembered may be out of date: it is good enough to try with,
 * because a commit checks the version under lock, and a refusal is always decided with a fresh look.
 */
export class Standings {
  private readonly known = new Map<string, Standing>();

  constructor(private readonly store: EntryStore) {}

  /** From memory where possible. */
  async get(organizationId: OrganizationId, pairs: readonly Pair[]): Promise<(Standing | null)[]> {
    const missing = pairs.filter((pair) => !this.known.has(keyOf(organizationId, pair)));
    const loaded = missing.length > 0 ? await this.load(organizationId, missing) : undefined;
    return pairs.map(
      (pair) => loaded?.get(keyOf(organizationId, pair)) ?? this.known.get(keyOf(organizationId, pair)) ?? null,
    );
  }

  /** From the database. */
  async refresh(organizationId: OrganizationId, pairs: readonly Pair[]): Promise<(Standing | null)[]> {
    const loaded = await this.load(organizationId, pairs);
    return pairs.map((pair) => loaded.get(keyOf(organizationId, pair)) ?? null);
  }

  private async load(organizationId: OrganizationId, pairs: readonly Pair[]): Promise<Map<string, Standing>> {
    const found = await this.store.standings(organizationId, pairs);
    const loaded = new Map<string, Standing>();
    pairs.forEach((pair, index) => {
      const standing = found[index];
      this.known.delete(keyOf(organizationId, pair));
      if (!standing) return;
      loaded.set(keyOf(organizationId, pair), standing);
      this.known.set(keyOf(organizationId, pair), standing);
    });
    for (const key of this.known.keys()) {
      if (this.known.size <= MAX_ENTRIES) break;
      this.known.delete(key);
    }
    return loaded;
  }
}
