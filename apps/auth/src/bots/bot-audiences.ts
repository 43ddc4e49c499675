import { Injectable } from '@nestjs/common';
import { type Bot, type BotAudience, setBotAudience } from '@relais/contracts';
import type { PoolId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { arePools } from '../pools/pool-rows.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { type BotRow, countPeople, findBot, replaceAudience, toBots } from './bot-rows.postgres.js';
import { lockAllowed, record } from './change-bot.js';

interface Command {
  botId: UserId;
  audience: readonly BotAudience[];
}

/** Who may see a bot and write to it, and whom it may see and write to: the people and pools it was granted to. */
@Injectable()
export class BotAudiencesHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly freshness: Freshness,
  ) {}

  async set(principal: Principal, { botId, audience }: Command): Promise<Bot> {
    const { organizationId } = principal;
    const userIds = [...new Set(audience.flatMap((one) => ('userId' in one ? one.userId : [])))];
    const poolIds = [...new Set(audience.flatMap((one) => ('poolId' in one ? one.poolId : [])))];
    const bot = await this.db.within(organizationId, async (tx) => {
      const { bot: before } = await lockAllowed(tx, principal, botId);
      await this.freshness.assertFresh(tx, principal);
      if ((await countPeople(tx, organizationId, userIds)) !== userIds.length)
        throw setBotAudience.fail('user_not_found');
      if (!(await arePools(tx, organizationId, poolIds))) throw setBotAudience.fail('pool_not_found');
      await replaceAudience(tx, organizationId, botId, { userIds, poolIds });
      await this.record(tx, principal, before, userIds, poolIds);
      return (await findBot(tx, organizationId, botId)) as BotRow;
    });
    const [changed] = await toBots(this.personal, organizationId, [bot]);
    return changed as Bot;
  }

  /** What is new is one fact, what is gone another. */
  private async record(
    tx: Tx,
    principal: Principal,
    { id, audience }: BotRow,
    userIds: readonly UserId[],
    poolIds: readonly PoolId[],
  ): Promise<void> {
    const users = compare(
      audience.flatMap(({ userId }) => userId ?? []),
      userIds,
    );
    const pools = compare(
      audience.flatMap(({ poolId }) => poolId ?? []),
      poolIds,
    );
    const added = { userIds: users.added, poolIds: pools.added };
    const gone = { userIds: users.gone, poolIds: pools.gone };
    if (users.added.length + pools.added.length > 0)
      await record(tx, principal, id, { action: 'bot.granted', after: added });
    if (users.gone.length + pools.gone.length > 0)
      await record(tx, principal, id, { action: 'bot.ungranted', before: gone });
  }
}

const compare = (before: readonly string[], after: readonly string[]) => ({
  added: after.filter((id) => !before.includes(id)),
  gone: before.filter((id) => !after.includes(id)),
});
