import type { OrganizationId } from '@relais/kernel';
import type { Destinations } from '../senders/destinations.js';

const HOLDS_MS = 1_000;

/** Knows for a second at a time where there is any device to wake: where there is none, messages are nobody's work. */
export class Wakeable {
  private readonly known = new Map<OrganizationId, { answer: Promise<boolean>; untilMs: number }>();

  constructor(
    private readonly destinations: Pick<Destinations, 'anyToWake'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A device that was registered less than a second ago may not count yet. @throws what the database throws */
  isAnybody(organizationId: OrganizationId): Promise<boolean> {
    const known = this.known.get(organizationId);
    if (known && known.untilMs > this.now()) return known.answer;
    const answer = this.destinations.anyToWake(organizationId);
    void answer.catch(() => this.known.delete(organizationId));
    this.known.set(organizationId, { answer, untilMs: this.now() + HOLDS_MS });
    return answer;
  }
}
