import { Injectable } from '@nestjs/common';
import { type AuthenticationPolicy, LIMITS, refreshSession, type Revocation, type Tokens } from '@relais/contracts';
import { Clock } from '@relais/kernel';
import { verifyDeviceProof } from '@relais/security';
import { policyOf } from '../authentication-policy/authentication-policy-rows.postgres.js';
import { areAllowed, demandOf, isAtLeast, strengthOf } from '../authentication-policy/strength.js';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { deviceSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { admitted, refreshTokenReused, refused, type RefusalReason } from '../metrics.js';
import { readEpoch, Revocations } from '../trust/revocations.postgres.js';
import { nextOf, parseRefreshToken, type RefreshToken } from './refresh-token.js';
import {
  addRefreshToken,
  advanceGeneration,
  endSessions,
  generationOf,
  isOver,
  type LiveSession,
  lockSession,
} from './session-rows.postgres.js';
import { type Grant, TokenIssuer } from './token-issuer.js';

type Command = { refreshToken: string; proof: string };
type Outcome = { grant: Grant } | { refusal: RefusalReason; revocations: Revocation[] };

/** Rotates the tokens of a session. Needs, each time, the proof that the session's own device asks. */
@Injectable()
export class RefreshSessionHandler {
  constructor(
    private readonly db: Database,
    private readonly issuer: TokenIssuer,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  async execute({ refreshToken, proof }: Command): Promise<Tokens> {
    const token = parseRefreshToken(refreshToken);
    if (!token) return this.refuse('token');
    const outcome = await this.db.within(token.organizationId, (tx) => this.decide(tx, token, { refreshToken, proof }));
    if ('grant' in outcome) {
      admitted('refresh');
      return this.issuer.issue(outcome.grant);
    }
    this.revocations.announce(outcome.revocations);
    return this.refuse(outcome.refusal);
  }

  /** Ending a stolen session must be committed, so every answer is a value and none is thrown. */
  private async decide(tx: Tx, token: RefreshToken, { refreshToken, proof }: Command): Promise<Outcome> {
    const epoch = await readEpoch(tx);
    const session = await lockSession(tx, token);
    if (!session) return refusedWith('token');
    const now = this.clock.now();
    const policy = await policyOf(tx, token.organizationId, session.user_id);
    if (isOver(session, now, policy) || !isEnough(session, policy)) {
      return refusedWith('expired', await endSessions(tx, 'logout', token.organizationId, { sessionId: session.id }));
    }
    const publicKey = { kty: 'OKP', crv: 'Ed25519', x: session.public_key } as const;
    const isProven = await verifyDeviceProof(publicKey, proof, refreshToken, now);
    if (isProven && session.device_state === 'wipe_pending') return refusedWith('wipe');
    const generation = await generationOf(tx, session.id, token);
    if (generation === session.generation) {
      if (!isProven) return refusedWith('proof');
      return { grant: await this.rotate(tx, session, token, epoch, now) };
    }
    if (isProven && isRetry(session, generation, now))
      return { grant: await this.repeat(tx, session, token, epoch, now) };
    return this.endStolen(tx, session, token);
  }

  private async rotate(tx: Tx, session: LiveSession, token: RefreshToken, epoch: number, now: Date): Promise<Grant> {
    const next = nextOf(token);
    await advanceGeneration(tx, session, next, now);
    return toGrant(session, next, epoch, now);
  }

  /** The answer to the first try was lost: another token of the same generation, which works as well as the lost one. */
  private async repeat(tx: Tx, session: LiveSession, token: RefreshToken, epoch: number, now: Date): Promise<Grant> {
    const next = nextOf(token);
    await addRefreshToken(tx, session.id, session.generation, next);
    return toGrant(session, next, epoch, now);
  }

  private async endStolen(tx: Tx, session: LiveSession, token: RefreshToken): Promise<Outcome> {
    const { organizationId } = token;
    const revocations = await endSessions(tx, 'reuse', organizationId, { sessionId: session.id });
    await recordFact(tx, organizationId, {
      actor: userSubject(session.user_id),
      action: 'refresh-token.reused',
      object: deviceSubject(session.device_id),
      outcome: 'refused',
      after: { endedSessionId: session.id },
    });
    refreshTokenReused();
    this.events.reuseDetected(organizationId, session.user_id, session.device_id, session.id);
    return refusedWith('reuse', revocations);
  }

  private refuse(reason: RefusalReason): never {
    refused('refresh', reason);
    if (reason === 'wipe') throw refreshSession.fail('wipe_pending');
    throw refreshSession.fail('refresh_failed');
  }
}

const refusedWith = (refusal: RefusalReason, revocations: Revocation[] = []): Outcome => ({ refusal, revocations });

/** A policy that became stricter ends sessions that do not satisfy it at their next refresh, five minutes at the latest. */
const isEnough = ({ amr, role, platform, is_limited }: LiveSession, policy: AuthenticationPolicy): boolean =>
  policy.platforms.includes(platform) &&
  (is_limited || (areAllowed(amr, policy) && isAtLeast(strengthOf(amr), demandOf(policy, role))));

/** The token just before the current one, so soon after that the answer may have been lost. */
const isRetry = (session: LiveSession, generation: number | null, now: Date): boolean =>
  generation === session.generation - 1 &&
  now.getTime() - session.last_used_at.getTime() <= LIMITS.refreshGraceSeconds * 1_000;

const toGrant = (session: LiveSession, refreshToken: RefreshToken, epoch: number, now: Date): Grant => ({
  organizationId: refreshToken.organizationId,
  userId: session.user_id,
  deviceId: session.device_id,
  sessionId: session.id,
  role: session.role,
  amr: session.amr,
  authenticatedAt: session.authenticated_at,
  endsAt: session.ends_at,
  isLimited: session.is_limited,
  epoch,
  keyThumbprint: session.key_thumbprint,
  refreshToken,
  grantedAt: now,
});
