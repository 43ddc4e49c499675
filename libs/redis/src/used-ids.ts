/** Remembers ids that may be used once, such as those of proofs. */
export abstract class UsedIds {
  /**
   * Uses an id, and remembers it for this long.
   *
   * @returns false when it was used before, whoever asks at the same time
   */
  abstract use(id: string, forMs: number): Promise<boolean>;
}
