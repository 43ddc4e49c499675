import type { UserId } from '@relais/kernel';

/** People by class, and which classes may not share a conversation: what auth answered, put together. */
export class SortedPeople {
  constructor(
    readonly hasBarriers: boolean,
    private readonly classOf: ReadonlyMap<UserId, number>,
    private readonly apart: readonly (readonly number[])[],
  ) {}

  /**
   * Of people in an order, those who have to go so that nobody is left beside somebody they may not share a conversation
   * with: whoever comes first stays. Who is not known keeps nobody out.
   */
  misfits(inOrder: Iterable<UserId>): UserId[] {
    const misfits: UserId[] = [];
    const kept = new Set<number>();
    const barred = new Set<number>();
    for (const userId of inOrder) {
      const own = this.classOf.get(userId);
      if (own === undefined) continue;
      if (barred.has(own)) misfits.push(userId);
      else if (!kept.has(own)) {
        kept.add(own);
        for (const other of this.apart[own] ?? []) barred.add(other);
      }
    }
    return misfits;
  }
}
