import { readFile } from 'node:fs/promises';
import type { Route } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { BotSession } from '@relais/sdk/bot';
import type { z } from 'zod';

const TIMEOUT_MS = 5_000;

export interface BotApiOptions {
  url: string;
  /** `clientId`, `keyId` and `key`, a private JWK. */
  botFile: string;
}

/**
 * The gateways' API as a bot. The session begins with the first request and has a new token before the last one ends. One that is
 * refused is given up: the next request reads the bot's key anew, so that a key is changed without a restart.
 */
export class BotApi {
  private session: Promise<BotSession> | undefined;

  constructor(private readonly options: BotApiOptions) {}

  /** @throws AppError: with a code of the contract, `bot_refused`, or of kind `unavailable` or `timeout` when nobody answers */
  async call<In extends z.ZodType, Out extends z.ZodType>(
    route: Route<In, Out>,
    input: z.input<In>,
  ): Promise<z.output<Out>> {
    const { ApiError } = await import('@relais/sdk/bot');
    const session = await (this.session ??= this.open()).catch((error: unknown) => {
      this.session = undefined;
      throw error;
    });
    try {
      return await session.call(route, input, { timeoutMs: TIMEOUT_MS });
    } catch (thrown) {
      const { kind, code, message } = ApiError.from(thrown);
      if (kind === 'unauthenticated') await this.close();
      throw new AppError(kind, code, message, { cause: thrown });
    }
  }

  async close(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    (await session?.catch(() => undefined))?.close();
  }

  /** NOTE: the SDK is loaded by who uses it: it takes memory with all that it brings. */
  private async open(): Promise<BotSession> {
    const { BotSession, botCredentials, nodeClient, RelaisApi } = await import('@relais/sdk/bot');
    const { url, botFile } = this.options;
    try {
      const said = JSON.parse(await readFile(botFile, 'utf8')) as object;
      const credentials = botCredentials.parse({ ...said, gateways: [url] });
      return new BotSession(new RelaisApi({ gateways: [url], http: nodeClient }), credentials);
    } catch (cause) {
      // What is wrong with it may quote the key.
      throw new AppError('unauthenticated', 'bot_file_unreadable', 'no clientId, keyId and key in it', { cause });
    }
  }
}
