import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { botKeyId, label, nothing, organizationId, poolId, timestamp, userId } from '../primitives.js';
import { devicePublicKey } from './device.js';
import { scope } from './scopes.js';

export const BOT_LIMITS = {
  bots: 500,
  /** Two, so that a new key works before the old one is retired. */
  activeKeys: 2,
  grants: 1_000,
  /** Longest life of an assertion, s. */
  assertionSeconds: 300,
} as const;

export const botKey = z.object({ id: botKeyId, createdAt: timestamp, retiredAt: timestamp.optional() });

/** Whom a bot may be seen by and write to: one person, or everybody in a pool. */
export const botAudience = z.union([z.strictObject({ userId }), z.strictObject({ poolId })]);
export type BotAudience = z.infer<typeof botAudience>;

export const bot = z.object({
  id: userId,
  /** What the bot names itself in assertions: `iss` and `sub`. */
  clientId: z.string(),
  displayName: z.string(),
  state: z.enum(['active', 'disabled']),
  scopes: z.array(scope),
  keys: z.array(botKey),
  audience: z.array(botAudience),
  createdAt: timestamp,
  lastUsedAt: timestamp.optional(),
});
export type Bot = z.infer<typeof bot>;

const scopes = z
  .array(scope)
  .max(scope.options.length)
  .refine((list) => new Set(list).size === list.length, 'each scope once');
const displayName = label(LIMITS.displayNameBytes);

export const listBots = defineRequest({
  subject: 'rpc.auth.bot.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(bot) }),
  errors: {},
});

/** Makes a bot with its first key. Nobody sees it until it is granted to them. */
export const createBot = defineRequest({
  subject: 'rpc.auth.bot.create.v1',
  access: 'user',
  input: z.strictObject({ displayName, scopes, publicKey: devicePublicKey }),
  output: bot,
  errors: { bot_key_reused: 'conflict', too_many_bots: 'conflict' },
});

/** Changes name, scopes or state. Narrower scopes and disabling end the tokens the bot has. */
export const updateBot = defineRequest({
  subject: 'rpc.auth.bot.update.v1',
  access: 'user',
  input: z.strictObject({
    botId: userId,
    displayName: displayName.optional(),
    scopes: scopes.optional(),
    state: z.enum(['active', 'disabled']).optional(),
  }),
  output: bot,
  errors: { bot_not_found: 'not_found' },
});

/** Takes a bot out for good, as a person is: its name is erased and it leaves its conversations. */
export const removeBot = defineRequest({
  subject: 'rpc.auth.bot.remove.v1',
  access: 'user',
  input: z.strictObject({ botId: userId }),
  output: nothing,
  errors: { bot_not_found: 'not_found' },
});

/** Adds a second key, so that the bot can be moved to it before the first one is retired. */
export const addBotKey = defineRequest({
  subject: 'rpc.auth.bot.add-key.v1',
  access: 'user',
  input: z.strictObject({ botId: userId, publicKey: devicePublicKey }),
  output: botKey,
  errors: { bot_not_found: 'not_found', bot_key_reused: 'conflict', too_many_keys: 'conflict' },
});

/** Takes a key out of use for good: its tokens are refused everywhere within seconds. May be repeated. */
export const retireBotKey = defineRequest({
  subject: 'rpc.auth.bot.retire-key.v1',
  access: 'user',
  input: z.strictObject({ botId: userId, keyId: botKeyId }),
  output: nothing,
  errors: { bot_not_found: 'not_found', bot_key_not_found: 'not_found' },
});

/** Says anew whom the bot may be seen by and write to. An empty list hides it from everybody. */
export const setBotAudience = defineRequest({
  subject: 'rpc.auth.bot.set-audience.v1',
  access: 'user',
  input: z.strictObject({ botId: userId, audience: z.array(botAudience).max(BOT_LIMITS.grants) }),
  output: bot,
  errors: { bot_not_found: 'not_found', user_not_found: 'not_found', pool_not_found: 'not_found' },
});

/**
 * Gives a bot an access token for an assertion it has signed with one of its keys (`private_key_jwt`, RFC 7523): EdDSA,
 * `typ: client-authentication+jwt`, `kid` the id of the key; `iss` and `sub` the client id, `aud` exactly `relais`, `jti` used once,
 * `iat` and `exp` at most 5 minutes apart. The token is bound to that key (`cnf.jkt`, RFC 9449) and cannot be renewed:
 * the bot signs the next assertion.
 */
export const issueBotToken = defineRequest({
  subject: 'rpc.auth.bot.issue-token.v1',
  access: 'public',
  input: z.strictObject({ clientAssertion: z.string().max(2_048) }),
  output: z.object({
    accessToken: z.string(),
    accessTokenExpiresAt: timestamp,
    userId,
    organizationId,
    scopes: z.array(scope),
  }),
  errors: { bot_refused: 'unauthenticated' },
});
