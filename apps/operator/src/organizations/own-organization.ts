import type { PeopleQuota } from '@relais/contracts';

/**
 * The organization that a bot of the operator is in, as far as its scopes go.
 *
 * Each throws AppError: with a code of its contract, `bot_refused` when the bot is none any more, or of kind `unavailable` or
 * `timeout` when nobody answers.
 */
export abstract class OwnOrganization {
  abstract readQuota(): Promise<PeopleQuota>;
  abstract setQuota(maxPeople: number | null): Promise<PeopleQuota>;
  abstract close(): Promise<void>;
}
