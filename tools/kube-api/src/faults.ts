/** What goes wrong with requests that match: nothing of it reaches the objects unless `after` says so. */
export interface Fault {
  method?: string;
  path?: RegExp;
  /** How often; for good where it is not given. */
  times?: number;
  /** Answer with this code instead. */
  code?: number;
  latencyMs?: number;
  /** Cut the connection without an answer. */
  cut?: boolean;
  /** Do what was asked, and only then fail: the caller does not know. */
  after?: boolean;
}

/** Faults that were ordered, in order; the first that matches a request happens to it. */
export class Faults {
  private readonly ordered: Fault[] = [];

  order(fault: Fault): void {
    this.ordered.push({ ...fault });
  }

  clear(): void {
    this.ordered.length = 0;
  }

  next(method: string, path: string): Fault | undefined {
    const index = this.ordered.findIndex(
      (fault) => (fault.method ?? method) === method && (fault.path?.test(path) ?? true),
    );
    const fault = this.ordered[index];
    if (!fault) return undefined;
    if (fault.times !== undefined && --fault.times <= 0) this.ordered.splice(index, 1);
    return fault;
  }
}
