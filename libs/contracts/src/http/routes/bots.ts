import {
  addBotKey,
  createBot,
  issueBotToken,
  listBots,
  removeBot,
  retireBotKey,
  setBotAudience,
  updateBot,
} from '../../auth/bots.js';
import { route } from '../define-route.js';

/** Bots: auth. */
export const BOT_ROUTES = {
  listBots: route('GET', '/v1/bots', 'List bots', listBots),
  createBot: route('POST', '/v1/bots', 'Make a bot', createBot, { status: 201 }),
  updateBot: route('PATCH', '/v1/bots/{botId}', 'Change a bot', updateBot),
  removeBot: route('DELETE', '/v1/bots/{botId}', 'Take a bot out for good', removeBot),
  addBotKey: route('POST', '/v1/bots/{botId}/keys', 'Give a bot a second key', addBotKey, { status: 201 }),
  retireBotKey: route('DELETE', '/v1/bots/{botId}/keys/{keyId}', 'Take a key of a bot out of use', retireBotKey),
  setBotAudience: route('PUT', '/v1/bots/{botId}/audience', 'Say who may see a bot', setBotAudience),
  botToken: route('POST', '/v1/bots/token', 'Get a token for a bot', issueBotToken),
} as const;
