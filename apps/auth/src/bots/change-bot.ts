import { Injectable } from '@nestjs/common';
import { type Bot, removeBot, type Revocation, updateBot, userRemoved } from '@relais/contracts';
import { enqueue } from '@relais/database';
import { type EventId, newId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { actorSubject, difference, type NewFact, recordFact } from '../facts/record-fact.js';
import { type Actor, actorWith } from '../permissions/actor.postgres.js';
import { PersonalData, type SealedName } from '../sealing/personal-data.js';
import { revoke, Revocations } from '../trust/revocations.postgres.js';
import { changeUser, deleteUser } from '../users/user-rows.postgres.js';
import { type BotRow, changeScopes, findBot, lockBot, toBots } from './bot-rows.postgres.js';
import { assertMayGive } from './given-scopes.js';

type Command = z.output<typeof updateBot.input>;

/** Changes bots and takes them out. Whatever takes something away ends the tokens there are with the same commit. */
@Injectable()
export class ChangeBotHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly revocations: Revocations,
    private readonly freshness: Freshness,
    private readonly events: EventLog,
  ) {}

  async update(principal: Principal, command: Command): Promise<Bot> {
    const { organizationId } = principal;
    const { botId } = command;
    // Writes a key for an id that may not exist; so this is looked at before, and again inside.
    await this.db.within(organizationId, (tx) => lockAllowed(tx, principal, botId));
    const name = await this.sealName(principal, command);
    const { bot, revocations } = await this.db.within(organizationId, (tx) => this.write(tx, principal, command, name));
    this.revocations.announce(revocations);
    const [changed] = await toBots(this.personal, organizationId, [bot]);
    return changed as Bot;
  }

  async remove(principal: Principal, botId: UserId): Promise<Record<never, never>> {
    const { organizationId } = principal;
    const revocations = await this.db.within(organizationId, async (tx) => {
      const { bot: before } = await lockAllowed(tx, principal, botId);
      await deleteUser(tx, organizationId, botId);
      await enqueue(tx, userRemoved, { id: newId<EventId>(), organizationId, userId: botId });
      await record(tx, principal, botId, { action: 'bot.removed', before: stateOf(before) });
      return revoke(tx, 'removed', [botId]);
    });
    this.revocations.announce(revocations);
    await this.personal.forgetUser(organizationId, botId).catch((error: unknown) => {
      // The rows are gone; what is left is a key that opens only backups.
      this.events.failed('auth.forget_failed', error);
    });
    return {};
  }

  private async write(tx: Tx, principal: Principal, command: Command, name: SealedName | null) {
    const { organizationId } = principal;
    const { botId, scopes, state, displayName } = command;
    const { actor, bot: before } = await lockAllowed(tx, principal, botId);
    const given = scopes?.filter((scope) => !before.scopes.includes(scope)) ?? [];
    assertMayGive(actor, given);
    if (given.length > 0) await this.freshness.assertFresh(tx, principal);
    await changeUser(tx, organizationId, botId, { state, name });
    if (scopes) await changeScopes(tx, organizationId, botId, scopes);
    const bot = (await findBot(tx, organizationId, botId)) as BotRow;
    const change = difference(stateOf(before), stateOf(bot));
    const after = { ...change.after, ...(displayName === undefined ? {} : { renamed: true }) };
    await record(tx, principal, botId, { action: actionOf(before, bot), ...change, after });
    const hasLost = bot.state === 'disabled' || before.scopes.some((scope) => !bot.scopes.includes(scope));
    return { bot, revocations: hasLost ? await revoke(tx, 'user', [botId]) : ([] as Revocation[]) };
  }

  private async sealName({ organizationId }: Principal, { botId, displayName }: Command): Promise<SealedName | null> {
    if (displayName === undefined) return null;
    return this.personal.sealName(organizationId, botId, displayName);
  }
}

/** The bot, locked, and the actor, if they may change it. @throws AppError `forbidden`, `bot_not_found` */
export async function lockAllowed(tx: Tx, principal: Principal, botId: UserId): Promise<{ actor: Actor; bot: BotRow }> {
  const actor = await actorWith(tx, principal, 'manage_bots');
  const bot = await lockBot(tx, principal.organizationId, botId);
  if (!bot) throw removeBot.fail('bot_not_found');
  return { actor, bot };
}

export const record = (
  tx: Tx,
  principal: Principal,
  botId: UserId,
  fact: Omit<NewFact, 'actor' | 'object'>,
): Promise<void> =>
  recordFact(tx, principal.organizationId, {
    actor: actorSubject(principal),
    object: { kind: 'bot', id: botId },
    ...fact,
  });

const stateOf = ({ state, scopes }: BotRow) => ({ state, scopes: scopes.toSorted() });

function actionOf(before: BotRow, after: BotRow): 'bot.changed' | 'bot.disabled' | 'bot.enabled' {
  if (before.state === after.state) return 'bot.changed';
  return after.state === 'disabled' ? 'bot.disabled' : 'bot.enabled';
}
