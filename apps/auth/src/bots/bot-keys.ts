import { Injectable } from '@nestjs/common';
import { addBotKey, BOT_LIMITS, type Bot, type DevicePublicKey, retireBotKey } from '@relais/contracts';
import { type BotKeyId, Clock, newId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { revoke, Revocations } from '../trust/revocations.postgres.js';
import { insertBotKey, isKeyReused, retireKey } from './bot-key-rows.postgres.js';
import { lockAllowed, record } from './change-bot.js';
import { assertMayGive } from './given-scopes.js';

/** Keys of bots. Two may be in use, so that a bot is moved from one to the next without a pause. */
@Injectable()
export class BotKeysHandler {
  constructor(
    private readonly db: Database,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
    private readonly freshness: Freshness,
  ) {}

  async add(
    principal: Principal,
    { botId, publicKey }: { botId: UserId; publicKey: DevicePublicKey },
  ): Promise<Bot['keys'][number]> {
    const { organizationId } = principal;
    const key = { organizationId, id: newId<BotKeyId>(), botId, publicKey, now: this.clock.now() };
    try {
      await this.db.within(organizationId, async (tx) => {
        const { actor, bot } = await lockAllowed(tx, principal, botId);
        assertMayGive(actor, bot.scopes);
        await this.freshness.assertFresh(tx, principal);
        const active = bot.keys.filter(({ retiredAt }) => retiredAt === null);
        if (active.length >= BOT_LIMITS.activeKeys) throw addBotKey.fail('too_many_keys');
        await insertBotKey(tx, key);
        await record(tx, principal, botId, { action: 'bot.key-added', after: { keyId: key.id } });
      });
    } catch (error) {
      if (isKeyReused(error)) throw addBotKey.fail('bot_key_reused');
      throw error;
    }
    return { id: key.id, createdAt: key.now.toISOString() };
  }

  async retire(
    principal: Principal,
    { botId, keyId }: { botId: UserId; keyId: BotKeyId },
  ): Promise<Record<never, never>> {
    const revocations = await this.db.within(principal.organizationId, (tx) =>
      this.putOut(tx, principal, botId, keyId),
    );
    this.revocations.announce(revocations);
    return {};
  }

  /** NOTE: ids of keys are made here and not by clients, so revoking one puts nobody else out. */
  private async putOut(tx: Tx, principal: Principal, botId: UserId, keyId: BotKeyId) {
    const { bot } = await lockAllowed(tx, principal, botId);
    if (!bot.keys.some(({ id }) => id === keyId)) throw retireBotKey.fail('bot_key_not_found');
    if (!(await retireKey(tx, principal.organizationId, botId, keyId, this.clock.now()))) return [];
    await record(tx, principal, botId, { action: 'bot.key-retired', before: { keyId } });
    return revoke(tx, 'device', [keyId]);
  }
}
