import { BotAudiencesHandler } from './bot-audiences.js';
import { BotKeysHandler } from './bot-keys.js';
import { BotsController } from './bots.controller.js';
import { ChangeBotHandler } from './change-bot.js';
import { BotsHandler } from './bots.js';
import { IssueBotTokenHandler } from './issue-bot-token.js';

export const botsControllers = [BotsController];
export const botsProviders = [BotsHandler, ChangeBotHandler, BotKeysHandler, BotAudiencesHandler, IssueBotTokenHandler];
