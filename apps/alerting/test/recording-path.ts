import type { OrganizationId } from '@relais/kernel';
import type { Path } from '../src/notifications/dispatcher.js';
import type { Claimed } from '../src/notifications/claim.postgres.js';
import type { Outcome } from '../src/notifications/finish.postgres.js';

/** A path that keeps what it was given, and does what the test wants. */
export class RecordingPath implements Path {
  readonly sent: Claimed[] = [];
  outcome: (claimed: Claimed) => Outcome | Promise<Outcome> = () => ({ state: 'sent' });

  send(_: OrganizationId, claimed: readonly Claimed[]): Promise<Outcome[]> {
    this.sent.push(...claimed);
    return Promise.all(claimed.map(async (one) => this.outcome(one)));
  }
}
