import { Injectable } from '@nestjs/common';
import type { Log } from '@relais/observability';
import type { RefusalReason } from './metrics.js';

/** The security events of this service as log lines: who by pseudonym, never an address, a name or a token. */
@Injectable()
export class EventLog {
  constructor(private readonly log: Log) {}

  signedIn(organizationId: string, userId: string, deviceId: string): void {
    this.log.info({ event: 'auth.signed_in', organizationId, userId, deviceId });
  }

  signInRefused(reason: RefusalReason, organizationId?: string, userId?: string, deviceId?: string): void {
    this.log.info({ event: 'auth.sign_in_refused', reason, organizationId, userId, deviceId });
  }

  reuseDetected(organizationId: string, userId: string, deviceId: string, sessionId: string): void {
    this.log.warn({ event: 'auth.refresh_token_reused', organizationId, userId, deviceId, sessionId });
  }

  /** Something about an account was changed: by whom, to whom. */
  changed(event: `auth.${string}`, organizationId: string, actorId: string, userId?: string): void {
    this.log.info({ event, organizationId, actorId, userId });
  }

  failed(event: `auth.${string}`, error: unknown): void {
    this.log.warn({ event, error });
  }
}
