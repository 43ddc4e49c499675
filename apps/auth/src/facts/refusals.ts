import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { RequestContract } from '@relais/contracts';
import { type AppError, Clock, type OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { auditWriteFailed } from '../metrics.js';
import { actorSubject, type NewFact, recordFact } from './record-fact.js';

const QUIET_MS = 60_000;
const MAX_REMEMBERED = 10_000;
const MAX_WRITING = 50;

/**
 * Facts of what was refused. The transaction that refuses is rolled back, so they are written by one of their own, after the
 * answer: how long a refusal takes tells nobody whether there was something to write down.
 *
 * One per actor, action and minute and replica: a flood fills neither the outbox nor the log of an organization.
 */
@Injectable()
export class Refusals implements OnModuleDestroy {
  private readonly notedAtMs = new Map<string, number>();
  private readonly writing = new Set<Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  /**
   * Notes it and returns at once. `of` divides the actions of an actor further; it comes from a small set and is never what
   * a caller sent.
   */
  note(organizationId: OrganizationId, fact: Omit<NewFact, 'outcome'>, of = ''): void {
    const key = `${organizationId} ${fact.actor.kind} ${fact.actor.id} ${fact.action} ${of}`;
    if (!this.isDue(key)) return;
    const work: Promise<void> = this.db
      .within(organizationId, (tx) => recordFact(tx, organizationId, { ...fact, outcome: 'refused' }))
      .catch((error: unknown) => {
        this.notedAtMs.delete(key);
        this.events.failed('auth.refusal_not_recorded', error);
        auditWriteFailed();
      })
      .finally(() => this.writing.delete(work));
    this.writing.add(work);
  }

  /** Notes that a person asked for what they may not do. */
  notePermission(contract: RequestContract, principal: Principal, { code, message }: AppError): void {
    this.note(
      principal.organizationId,
      {
        actor: actorSubject(principal),
        action: 'permission.denied',
        object: { kind: 'request', id: contract.subject },
        after: { code, reason: message },
      },
      contract.subject,
    );
  }

  /** What was noted so far is written. */
  async settled(): Promise<void> {
    await Promise.all(this.writing);
  }

  onModuleDestroy(): Promise<void> {
    return this.settled();
  }

  private isDue(key: string): boolean {
    const now = this.clock.now().getTime();
    const before = this.notedAtMs.get(key);
    if (before !== undefined && now - before < QUIET_MS) return false;
    if (this.writing.size >= MAX_WRITING) return false;
    this.notedAtMs.delete(key);
    this.notedAtMs.set(key, now);
    const oldest = this.notedAtMs.keys().next();
    if (this.notedAtMs.size > MAX_REMEMBERED && !oldest.done) this.notedAtMs.delete(oldest.value);
    return true;
  }
}
