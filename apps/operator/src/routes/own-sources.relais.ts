import { readFile } from 'node:fs/promises';
import { type AlarmSourceSettings, ROUTES } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { BotSession } from '@relais/sdk/bot';
import { type OwnSource, OwnSources, type SourceWithSecret } from './own-sources.js';

const TIMEOUT_MS = 5_000;

export interface RelaisOptions {
  url: string;
  botFile: string;
}

/**
 * Over the gateways' API, as any bot. The session begins with the first request and has a new token before the last one ends.
 * One that is refused is given up: the next request reads the bot's key anew, so that a key is changed without a restart.
 */
export class RelaisOwnSources extends OwnSources {
  private session: Promise<BotSession> | undefined;

  constructor(private readonly options: RelaisOptions) {
    super();
  }

  async list(): Promise<readonly OwnSource[]> {
    return (await this.as((session) => session.call(ROUTES.listAlarmSources, {}, { timeoutMs: TIMEOUT_MS }))).items;
  }

  put(sourceId: string, settings: AlarmSourceSettings): Promise<SourceWithSecret> {
    const input = { sourceId: sourceId as never, settings };
    return this.as((session) => session.call(ROUTES.putAlarmSource, input, { timeoutMs: TIMEOUT_MS }));
  }

  rotate(sourceId: string, overlapSeconds: number): Promise<SourceWithSecret> {
    const input = { sourceId: sourceId as never, overlapSeconds };
    return this.as((session) => session.call(ROUTES.rotateAlarmSourceSecret, input, { timeoutMs: TIMEOUT_MS }));
  }

  async delete(sourceId: string): Promise<void> {
    const input = { sourceId: sourceId as never };
    await this.as((session) => session.call(ROUTES.deleteAlarmSource, input, { timeoutMs: TIMEOUT_MS })).catch(
      (error: unknown) => {
        if (AppError.from(error).code !== 'source_not_found') throw error;
      },
    );
  }

  async close(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    (await session?.catch(() => undefined))?.close();
  }

  private async as<T>(ask: (session: BotSession) => Promise<T>): Promise<T> {
    const { ApiError } = await import('@relais/sdk/bot');
    const session = await (this.session ??= this.open()).catch((error: unknown) => {
      this.session = undefined;
      throw error;
    });
    try {
      return await ask(session);
    } catch (thrown) {
      const { kind, code, message } = ApiError.from(thrown);
      if (kind === 'unauthenticated') await this.close();
      throw new AppError(kind, code, message, { cause: thrown });
    }
  }

  /** NOTE: the SDK is loaded by who uses it: it takes memory with all that it brings. */
  private async open(): Promise<BotSession> {
    const { BotSession, botCredentials, RelaisApi } = await import('@relais/sdk/bot');
    const { url, botFile } = this.options;
    try {
      const said = JSON.parse(await readFile(botFile, 'utf8')) as object;
      const credentials = botCredentials.parse({ ...said, gateways: [url] });
      return new BotSession(new RelaisApi({ gateways: [url] }), credentials);
    } catch (cause) {
      // What is wrong with it may quote the key.
      throw new AppError('unauthenticated', 'bot_file_unreadable', 'no clientId, keyId and key in it', { cause });
    }
  }
}
