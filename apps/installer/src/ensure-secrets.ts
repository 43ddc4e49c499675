import { AppError } from '@relais/kernel';
import type { Log } from '@relais/observability';
import { generate, type Kind } from './generate.js';
import type { SecretStore } from './secret-store.js';

/** A secret that has to be there, and what its keys are made of. */
export interface PlannedSecret {
  name: string;
  keys: Readonly<Record<string, Kind>>;
}

/**
 * Makes the secrets that are missing, each whole and in one step, and changes none: run again, or twice at once, the first
 * that was made stays.
 */
export class EnsureSecretsHandler {
  constructor(
    private readonly secrets: SecretStore,
    private readonly log: Log,
  ) {}

  /** @throws AppError `secret_incomplete` naming every secret that is there without a key it needs */
  async execute(plan: readonly PlannedSecret[]): Promise<void> {
    const incomplete: string[] = [];
    for (const planned of plan) {
      const missing = await this.ensure(planned);
      if (missing.length > 0) incomplete.push(`${planned.name} has no ${missing.join(', ')}`);
    }
    if (incomplete.length === 0) return;
    const advice =
      'this job changes no secret that is there: add the keys by hand, or delete the secret to have it made anew';
    throw new AppError('conflict', 'secret_incomplete', `${incomplete.join('; ')}; ${advice}`);
  }

  /** @returns the keys that are missing from a secret somebody else has made */
  private async ensure({ name, keys }: PlannedSecret): Promise<string[]> {
    const there = await this.secrets.keysOf(name);
    if (!there && (await this.secrets.create(name, generate(keys)))) {
      this.log.info({ event: 'secret.made', step: name });
      return [];
    }
    const found = there ?? (await this.secrets.keysOf(name)) ?? new Set();
    return Object.keys(keys).filter((key) => !found.has(key));
  }
}
