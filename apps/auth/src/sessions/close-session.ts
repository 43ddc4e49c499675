import { Injectable } from '@nestjs/common';
import { closeSession } from '@relais/contracts';
import type { SessionId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { endSessions } from './session-rows.postgres.js';

/** Ends one of the caller's sessions, by default the one that asks: its tokens are refused everywhere within seconds. */
@Injectable()
export class CloseSessionHandler {
  constructor(
    private readonly db: Database,
    private readonly revocations: Revocations,
  ) {}

  async execute(principal: Principal, sessionId: SessionId = principal.sessionId): Promise<Record<never, never>> {
    const { organizationId, userId } = principal;
    const revocations = await this.db.within(organizationId, async (tx) => {
      const ended = await endSessions(tx, 'logout', organizationId, { userId, sessionId });
      if (ended.length > 0)
        await recordFact(tx, organizationId, {
          actor: userSubject(userId),
          action: 'session.closed',
          object: { kind: 'session', id: sessionId },
        });
      return ended;
    });
    if (revocations.length === 0) throw closeSession.fail('session_not_found');
    this.revocations.announce(revocations);
    return {};
  }
}
