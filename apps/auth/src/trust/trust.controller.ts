import { Controller } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { listRevocations, readKeys, type Revocation } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { PublicJwk } from '@relais/security';
import { Revocations } from './revocations.postgres.js';
import { SigningKeys } from './signing-keys.postgres.js';

@Controller()
export class TrustController {
  constructor(
    private readonly signingKeys: SigningKeys,
    private readonly revocations: Revocations,
  ) {}

  @Serves(readKeys)
  async keys(): Promise<{ keys: PublicJwk[] }> {
    const keys = this.signingKeys.published();
    if (keys.length === 0) throw new AppError('unavailable', 'not_ready', 'no signing keys yet', { retryAfterMs: 500 });
    return { keys };
  }

  @Serves(listRevocations)
  async list(): Promise<{ revocations: Revocation[] }> {
    return { revocations: await this.revocations.list() };
  }
}
