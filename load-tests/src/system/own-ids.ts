/**
 * Ids of others that people have given to things of their own: to be told of those is no leak. What is being asked for at
 * this moment counts, too: it may be seen before its answer is.
 */
export class OwnIds {
  private readonly taken = new Set<string>();
  private readonly asking = new Set<readonly string[]>();

  /** Asks for something under these ids; they are one's own unless it is refused. */
  async take<Answer>(ids: readonly string[], ask: () => Promise<Answer>): Promise<Answer> {
    const given = [...ids];
    this.asking.add(given);
    try {
      const answer = await ask();
      for (const id of given) this.taken.add(id);
      return answer;
    } finally {
      this.asking.delete(given);
    }
  }

  has(id: string): boolean {
    return this.taken.has(id) || [...this.asking].some((ids) => ids.includes(id));
  }
}
