import { gauge } from '@relais/observability';

/** Of all relays of this process: there is one for each service in it. */
const backlogs = new Set<OutboxBacklog>();
gauge(
  'relais_outbox_oldest_age_seconds',
  'Age of the oldest event not yet in the stream, as who relays sees it; others say 0',
  [],
  (oldest) => oldest.set(Math.max(0, ...[...backlogs].map(({ ageSeconds }) => ageSeconds))),
);
gauge(
  'relais_outbox_pending',
  'Events not yet in the stream, counted up to 10,000, as who relays sees it; others say 0',
  [],
  (pending) => pending.set([...backlogs].reduce((sum, { events }) => sum + events, 0)),
);

/** What a relay saw last of the events that wait for it. Until it looks again, the oldest of them becomes older. */
export class OutboxBacklog {
  private seen = { events: 0, ageSeconds: 0, atMs: 0 };

  open(): void {
    backlogs.add(this);
  }

  close(): void {
    backlogs.delete(this);
  }

  get events(): number {
    return this.seen.events;
  }

  get ageSeconds(): number {
    const { events, ageSeconds, atMs } = this.seen;
    return events === 0 ? 0 : ageSeconds + (performance.now() - atMs) / 1_000;
  }

  is(events: number, ageSeconds: number): void {
    this.seen = { events, ageSeconds, atMs: performance.now() };
  }

  /** Nothing waits for this relay: there is nothing, or another replica relays. */
  clear(): void {
    this.is(0, 0);
  }
}
