import type { OrganizationId } from '@relais/kernel';

const REMEMBERED_MS = 60_000;

interface Known {
  keyDays: Promise<number | null>;
  readAtMs: number;
}

/** For how many days organizations use one key for what is said; what is remembered is at most a minute old. */
export class KeyDays {
  private readonly known = new Map<OrganizationId, Known>();

  /** `nowMs` is a clock that never goes back. */
  constructor(
    private readonly read: (organizationId: OrganizationId) => Promise<number | null>,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Undefined stands for months of the calendar. What could not be read is not remembered. */
  async of(organizationId: OrganizationId): Promise<number | undefined> {
    const known = this.known.get(organizationId);
    const isFresh = known && this.nowMs() - known.readAtMs < REMEMBERED_MS;
    return (await (isFresh ? known.keyDays : this.readAgain(organizationId))) ?? undefined;
  }

  private readAgain(organizationId: OrganizationId): Promise<number | null> {
    const keyDays = this.read(organizationId);
    const known = { keyDays, readAtMs: this.nowMs() };
    this.known.set(organizationId, known);
    keyDays.catch(() => this.known.get(organizationId) === known && this.known.delete(organizationId));
    return keyDays;
  }
}
