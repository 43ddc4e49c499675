import { Injectable } from '@nestjs/common';
import { type Bot, BOT_LIMITS, createBot } from '@relais/contracts';
import { type BotKeyId, Clock, newId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { lockOrganization } from '../users/user-rows.postgres.js';
import { insertBotKey, isKeyReused } from './bot-key-rows.postgres.js';
import { type BotRow, findBot, insertBot, listBotRows, type NewBot, toBots } from './bot-rows.postgres.js';
import { assertMayGive } from './given-scopes.js';

type Command = z.output<typeof createBot.input>;

/** Makes bots and lists them, for those who manage them. */
@Injectable()
export class BotsHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
    private readonly freshness: Freshness,
  ) {}

  async list(principal: Principal): Promise<{ items: Bot[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_bots');
      return listBotRows(tx, organizationId);
    });
    return { items: await toBots(this.personal, organizationId, found) };
  }

  async create(principal: Principal, command: Command): Promise<Bot> {
    const { organizationId } = principal;
    await this.db.within(organizationId, (tx) => this.makerOf(tx, principal, command));
    const draft = await this.prepare(principal, command);
    try {
      const made = await this.db.within(organizationId, (tx) => this.write(tx, principal, command, draft));
      const [bot] = await toBots(this.personal, organizationId, [made]);
      return bot as Bot;
    } catch (error) {
      if (isKeyReused(error)) throw createBot.fail('bot_key_reused');
      throw error;
    }
  }

  private async makerOf(tx: Tx, principal: Principal, { scopes }: Pick<Command, 'scopes'>): Promise<void> {
    assertMayGive(await actorWith(tx, principal, 'manage_bots'), scopes);
  }

  private async prepare({ organizationId, userId }: Principal, { displayName, scopes }: Command): Promise<NewBot> {
    const id = newId<UserId>();
    const address = { organizationId, column: 'app_user.email', rowId: id } as const;
    return {
      ...{ organizationId, id, scopes, madeBy: userId, now: this.clock.now() },
      name: await this.personal.sealName(organizationId, id, displayName),
      emailSealed: await this.personal.sealOfUser(id, address, ''),
    };
  }

  private async write(tx: Tx, principal: Principal, { publicKey, scopes }: Command, draft: NewBot): Promise<BotRow> {
    const { organizationId, id: botId, now } = draft;
    await lockOrganization(tx, organizationId);
    await this.makerOf(tx, principal, { scopes });
    await this.freshness.assertFresh(tx, principal);
    if ((await listBotRows(tx, organizationId)).length >= BOT_LIMITS.bots) throw createBot.fail('too_many_bots');
    await insertBot(tx, draft);
    const keyId = newId<BotKeyId>();
    await insertBotKey(tx, { organizationId, id: keyId, botId, publicKey, now });
    await recordFact(tx, organizationId, {
      actor: actorSubject(principal),
      action: 'bot.made',
      object: { kind: 'bot', id: botId },
      after: { scopes, keyId },
    });
    return (await findBot(tx, organizationId, botId)) as BotRow;
  }
}
