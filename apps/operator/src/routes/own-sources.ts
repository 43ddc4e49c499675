import type { AlarmSource, AlarmSourceSettings } from '@relais/contracts';

export type OwnSource = AlarmSource;
/** `secret` when there is a new one, and never again. */
export type SourceWithSecret = OwnSource & { secret?: string | undefined };

/**
 * The sources of alarms that the operator's bot has made, and no others.
 *
 * Each throws AppError: with a code of its contract, `bot_refused` when the bot is none any more, or of kind `unavailable` or
 * `timeout` when nobody answers.
 */
export abstract class OwnSources {
  abstract list(): Promise<readonly OwnSource[]>;
  /** Makes it with a secret, or changes it, which keeps it. */
  abstract put(sourceId: string, settings: AlarmSourceSettings): Promise<SourceWithSecret>;
  abstract rotate(sourceId: string, overlapSeconds: number): Promise<SourceWithSecret>;
  /** Also of one that is gone already. */
  abstract delete(sourceId: string): Promise<void>;
  abstract close(): Promise<void>;
}
