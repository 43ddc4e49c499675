import { Injectable } from '@nestjs/common';
import { Database } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { settingsOf } from '../settings-rows.postgres.js';
import { ladderOf, type RuleSet } from './ladder.js';
import { type Unreached, unreachedOf } from './ladder.postgres.js';

const AT_ONCE = 1_000;

/** Somebody would hear of nothing, or only by chance. */
export interface ReachFinding {
  severity: 'error' | 'warning';
  code: 'no_path';
  says: string;
}

/** Who of some people could not be told, found before it matters. */
@Injectable()
export class Reach {
  constructor(private readonly db: Database) {}

  async findings(
    organizationId: OrganizationId,
    userIds: readonly UserId[],
    rules: RuleSet = 'default',
    signal?: AbortSignal,
  ): Promise<ReachFinding[]> {
    const { nobody, only_socket } = await this.count(organizationId, userIds, rules, signal);
    const of = `of ${userIds.length} ${userIds.length === 1 ? 'person' : 'people'}`;
    const findings: ReachFinding[] = [];
    if (nobody > 0)
      findings.push({
        ...{ severity: 'error', code: 'no_path' },
        says: `${nobody} ${of} cannot be told by any of their ways: add contact points, or ways to the settings`,
      });
    if (only_socket > 0)
      findings.push({
        ...{ severity: 'warning', code: 'no_path' },
        says: `${only_socket} ${of} can be told only while their app is open: register their devices for pushes, or add phone numbers`,
      });
    return findings;
  }

  private async count(
    organizationId: OrganizationId,
    userIds: readonly UserId[],
    rules: RuleSet,
    signal: AbortSignal | undefined,
  ): Promise<Unreached> {
    const sum = { nobody: 0, only_socket: 0 };
    for (let at = 0; at < userIds.length; at += AT_ONCE) {
      signal?.throwIfAborted();
      const page = userIds.slice(at, at + AT_ONCE);
      const found = await this.db.within(organizationId, async (tx) =>
        unreachedOf(tx, organizationId, page, ladderOf(await settingsOf(tx, organizationId), rules)),
      );
      sum.nobody += found.nobody;
      sum.only_socket += found.only_socket;
    }
    return sum;
  }
}
