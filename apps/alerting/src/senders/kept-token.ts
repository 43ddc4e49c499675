interface Limited {
  /** Until when it is good, ms of the clock; 0 for what is no token. */
  untilMs: number;
}

/** A token that is asked for once for everybody who waits, and kept while it is good. */
export class KeptToken<Token extends Limited> {
  private kept: Promise<Token> | undefined;
  private untilMs = 0;

  constructor(private readonly make: () => Promise<Token>) {}

  get(): Promise<Token> {
    if (this.kept && this.untilMs > Date.now()) return this.kept;
    const made = this.make();
    this.kept = made;
    this.untilMs = Infinity;
    made.then(
      ({ untilMs }) => {
        if (this.kept === made) this.untilMs = untilMs;
      },
      () => this.drop(made),
    );
    return made;
  }

  /** It was refused. Of many to whom that happens at once, the first makes that a new one is asked for, for all. */
  drop(refused: Promise<Token>): void {
    if (this.kept === refused) this.kept = undefined;
  }
}
