import { Controller } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { listRevocations, readKeys, REVOCATIONS_PER_MESSAGE, tellRevocations } from '@relais/contracts';
import { AppError, Clock } from '@relais/kernel';
import type { PublicJwk } from '@relais/security';
import { Revocations } from './revocations.postgres.js';
import { SigningKeys } from './signing-keys.postgres.js';

@Controller()
export class TrustController {
  constructor(
    private readonly signingKeys: SigningKeys,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
  ) {}

  @Serves(readKeys)
  async keys(): Promise<{ keys: PublicJwk[]; now: string }> {
    const keys = this.signingKeys.published();
    if (keys.length === 0) throw new AppError('unavailable', 'not_ready', 'no signing keys yet', { retryAfterMs: 500 });
    return { keys, now: this.clock.now().toISOString() };
  }

  @Serves(listRevocations)
  async list({ after = 0 }: { after?: number }): Promise<ReturnType<typeof tellRevocations> & { next?: number }> {
    const revocations = await this.revocations.page(after);
    const last = revocations.length === REVOCATIONS_PER_MESSAGE ? revocations.at(-1) : undefined;
    return { ...tellRevocations(revocations), ...(last ? { next: last.epoch } : {}) };
  }
}
