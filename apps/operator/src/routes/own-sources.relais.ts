import { type AlarmSourceSettings, ROUTES } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { BotApi } from '../relais/bot-api.js';
import { type OwnSource, OwnSources, type SourceWithSecret } from './own-sources.js';

/** Over the gateways' API, as any bot. */
export class RelaisOwnSources extends OwnSources {
  constructor(private readonly api: BotApi) {
    super();
  }

  async list(): Promise<readonly OwnSource[]> {
    return (await this.api.call(ROUTES.listAlarmSources, {})).items;
  }

  put(sourceId: string, settings: AlarmSourceSettings): Promise<SourceWithSecret> {
    return this.api.call(ROUTES.putAlarmSource, { sourceId: sourceId as never, settings });
  }

  rotate(sourceId: string, overlapSeconds: number): Promise<SourceWithSecret> {
    return this.api.call(ROUTES.rotateAlarmSourceSecret, { sourceId: sourceId as never, overlapSeconds });
  }

  async delete(sourceId: string): Promise<void> {
    await this.api.call(ROUTES.deleteAlarmSource, { sourceId: sourceId as never }).catch((error: unknown) => {
      if (AppError.from(error).code !== 'source_not_found') throw error;
    });
  }

  close(): Promise<void> {
    return this.api.close();
  }
}
