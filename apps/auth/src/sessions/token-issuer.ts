import { Injectable } from '@nestjs/common';
import { type Role, type Tokens } from '@relais/contracts';
import { Clock, type DeviceId, type OrganizationId, type SessionId, type UserId } from '@relais/kernel';
import { signAccessToken } from '@relais/security';
import { Settings } from '../settings.js';
import { SigningKeys } from '../trust/signing-keys.postgres.js';
import { formatRefreshToken, type RefreshToken } from './refresh-token.js';

/** What a transaction has granted; tokens are signed from it after the commit. */
export interface Grant {
  organizationId: OrganizationId;
  userId: UserId;
  deviceId: DeviceId;
  sessionId: SessionId;
  role: Role;
  amr: readonly string[];
  /** When the person last showed who they are. */
  authenticatedAt: Date;
  /** When the session ends in any case; its tokens do not outlive it. */
  endsAt?: Date | null;
  /** Good for nothing but enrolling a factor. */
  isLimited: boolean;
  /** Read before the person, the device and the session were looked at: see trust/revocations.postgres.ts. */
  epoch: number;
  keyThumbprint: string;
  refreshToken: RefreshToken;
  grantedAt: Date;
}

@Injectable()
export class TokenIssuer {
  constructor(
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  async issue(grant: Grant): Promise<Tokens> {
    const iat = Math.floor(this.clock.now().getTime() / 1_000);
    // NOTE: the life counts from the grant: a commit that took long must not make the token outlive its revocation.
    const life = Math.floor(grant.grantedAt.getTime() / 1_000) + this.settings.accessTokenSeconds;
    const exp = grant.endsAt ? Math.min(life, Math.floor(grant.endsAt.getTime() / 1_000)) : life;
    const { organizationId, userId, deviceId, sessionId, role, epoch, keyThumbprint } = grant;
    const accessToken = await signAccessToken(
      {
        iss: 'relais',
        aud: 'relais',
        sub: userId,
        org: organizationId,
        dev: deviceId,
        sid: sessionId,
        roles: [role],
        amr: [...grant.amr],
        auth_time: Math.floor(grant.authenticatedAt.getTime() / 1_000),
        ...(grant.isLimited ? { lim: 'factors' } : {}),
        epoch,
        cnf: { jkt: keyThumbprint },
        iat,
        exp,
      },
      this.keys.current(),
    );
    return {
      accessToken,
      accessTokenExpiresAt: new Date(exp * 1_000).toISOString(),
      refreshToken: formatRefreshToken(grant.refreshToken),
      sessionId,
      userId,
      deviceId,
      organizationId,
      roles: [role],
      ...(grant.isLimited ? { limitedTo: 'factors' } : {}),
    };
  }
}
