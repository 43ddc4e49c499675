import { randomBytes } from 'node:crypto';
import { type AlarmSourceSettings, putAlarmSource, rotateAlarmSourceSecret } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { type OwnSource, OwnSources, type SourceWithSecret } from './own-sources.js';

const newToken = (): string => randomBytes(32).toString('base64url');

/** As the API answers a bot, with policies that there are and secrets that can be looked up. */
export class MemoryOwnSources extends OwnSources {
  readonly sources = new Map<string, SourceWithSecret>();
  readonly policies = new Set<string>();
  /** What was done, as `put <name>`. */
  readonly log: string[] = [];
  /** How often it was listed, or was to be. */
  reads = 0;
  /** Thrown instead of an answer, as long as it is there. */
  problem: Error | undefined;

  override async list(): Promise<readonly OwnSource[]> {
    this.reads++;
    this.assertWell();
    return [...this.sources.values()].map(({ secret: _, ...source }) => source);
  }

  override async put(sourceId: string, settings: AlarmSourceSettings): Promise<SourceWithSecret> {
    this.assertWell();
    if (!this.policies.has(String(settings.raises.policyId))) throw putAlarmSource.fail('policy_not_found');
    const before = this.sources.get(sourceId);
    const source = { ...(before ?? this.made(sourceId)), settings };
    this.sources.set(sourceId, source);
    this.log.push(`put ${settings.name}`);
    if (!before) return source;
    const { secret: _, ...shown } = source;
    return shown;
  }

  override async rotate(sourceId: string, overlapSeconds: number): Promise<SourceWithSecret> {
    this.assertWell();
    const before = this.sources.get(sourceId);
    if (!before) throw rotateAlarmSourceSecret.fail('source_not_found');
    const source = { ...before, secret: newToken(), secretId: newId<string>() };
    this.sources.set(sourceId, source);
    this.log.push(`rotate ${before.settings.name} ${overlapSeconds}`);
    return source;
  }

  override async delete(sourceId: string): Promise<void> {
    this.assertWell();
    this.log.push(`delete ${this.sources.get(sourceId)?.settings.name}`);
    this.sources.delete(sourceId);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  private made(id: string): Omit<SourceWithSecret, 'settings'> {
    return {
      ...{ id: id as never, secret: newToken(), secretId: newId<string>() },
      ...{ path: `/v1/incoming/o/${id}/alertmanager`, createdAt: new Date().toISOString() },
    };
  }

  private assertWell(): void {
    if (this.problem) throw this.problem;
  }
}
