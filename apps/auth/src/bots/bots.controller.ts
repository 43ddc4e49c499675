import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  addBotKey,
  type Bot,
  createBot,
  issueBotToken,
  listBots,
  removeBot,
  retireBotKey,
  setBotAudience,
  updateBot,
} from '@relais/contracts';
import type { z } from 'zod';
import { BotAudiencesHandler } from './bot-audiences.js';
import { BotKeysHandler } from './bot-keys.js';
import { ChangeBotHandler } from './change-bot.js';
import { BotsHandler } from './bots.js';
import { IssueBotTokenHandler } from './issue-bot-token.js';

type Nothing = Record<never, never>;

@Controller()
export class BotsController {
  constructor(
    private readonly bots: BotsHandler,
    private readonly changer: ChangeBotHandler,
    private readonly keys: BotKeysHandler,
    private readonly audiences: BotAudiencesHandler,
    private readonly tokens: IssueBotTokenHandler,
  ) {}

  @Serves(listBots)
  list(_: z.output<typeof listBots.input>, { principal }: RequestContext): Promise<{ items: Bot[] }> {
    return this.bots.list(principal);
  }

  @Serves(createBot)
  create(command: z.output<typeof createBot.input>, { principal }: RequestContext): Promise<Bot> {
    return this.bots.create(principal, command);
  }

  @Serves(updateBot)
  update(command: z.output<typeof updateBot.input>, { principal }: RequestContext): Promise<Bot> {
    return this.changer.update(principal, command);
  }

  @Serves(removeBot)
  remove({ botId }: z.output<typeof removeBot.input>, { principal }: RequestContext): Promise<Nothing> {
    return this.changer.remove(principal, botId);
  }

  @Serves(addBotKey)
  addKey(
    command: z.output<typeof addBotKey.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof addBotKey.output>> {
    return this.keys.add(principal, command);
  }

  @Serves(retireBotKey)
  retireKey(command: z.output<typeof retireBotKey.input>, { principal }: RequestContext): Promise<Nothing> {
    return this.keys.retire(principal, command);
  }

  @Serves(setBotAudience)
  setAudience(command: z.output<typeof setBotAudience.input>, { principal }: RequestContext): Promise<Bot> {
    return this.audiences.set(principal, command);
  }

  @Serves(issueBotToken)
  issueToken({ clientAssertion }: z.output<typeof issueBotToken.input>): Promise<z.input<typeof issueBotToken.output>> {
    return this.tokens.execute(clientAssertion);
  }
}
