import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type EffectiveContactRules, putContactRules, readContactRules } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { holdPerson } from '../destinations/contact-rows.postgres.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { settingsOf } from '../settings-rows.postgres.js';
import { ladderOf, type RuleSet } from './ladder.js';
import { waysOf } from './ladder.postgres.js';
import { isTimeZone, readRules, writeRules } from './rule-rows.postgres.js';

/** By which ways somebody is told: what they say, and what comes of it. */
@Injectable()
export class ContactRulesHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
  ) {}

  @Serves(readContactRules)
  async read(
    { userId: asked }: z.output<typeof readContactRules.input>,
    { principal }: RequestContext,
  ): Promise<EffectiveContactRules> {
    const userId = asked ?? principal.userId;
    if (userId !== principal.userId) await this.access.assertMay(principal, 'manage_alarms');
    return this.db.within(principal.organizationId, (tx) => effective(tx, principal.organizationId, userId));
  }

  @Serves(putContactRules)
  async put(
    { rules }: z.output<typeof putContactRules.input>,
    { principal }: RequestContext,
  ): Promise<EffectiveContactRules> {
    const { organizationId, userId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const timeZone = rules.quietHours?.timeZone;
      if (timeZone !== undefined && !(await isTimeZone(tx, timeZone)))
        throw putContactRules.fail('unknown_time_zone', `${timeZone} is no time zone, such as Europe/Berlin`);
      await holdPerson(tx, organizationId, userId);
      await writeRules(tx, organizationId, userId, rules);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'contact-rules.changed', object: userSubject(userId) },
        after: {
          default: rules.default.map(({ path }) => path),
          important: rules.important.map(({ path }) => path),
          hasQuietHours: rules.quietHours !== undefined,
        },
      });
      return effective(tx, organizationId, userId);
    });
  }
}

async function effective(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<EffectiveContactRules> {
  const settings = await settingsOf(tx, organizationId);
  const of = async (set: RuleSet) =>
    (await waysOf(tx, organizationId, userId, ladderOf(settings, set))).map((way) => ({
      ...{ path: way.path, silentSeconds: way.silent_seconds, hasDestination: way.has_destination },
    }));
  return {
    rules: await readRules(tx, organizationId, userId),
    effective: { default: await of('default'), important: await of('important') },
  };
}
