import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type Audience, expandAudience, LIMITS } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';

/** What auth knows of an audience. */
type People = Pick<Audience, 'userIds' | 'poolIds' | 'everyone'>;

/** Who is meant, as auth knows it now. Asked when an alarm is raised and not after: what follows needs nobody. */
@Injectable()
export class Audiences {
  constructor(private readonly bus: Bus) {}

  /** @param from who raises the alarm: only people whom they may alarm are in it */
  async expand(organizationId: OrganizationId, from: UserId | null, audience: People): Promise<UserId[]> {
    const { userIds, poolIds, everyone } = audience;
    if (!everyone && userIds.length === 0 && poolIds.length === 0) return [];
    const parts = everyone ? [[]] : chunks(userIds);
    const found: UserId[] = [];
    for (const [at, part] of parts.entries())
      found.push(
        ...(await this.page(organizationId, from, { userIds: part, poolIds: at === 0 ? poolIds : [], everyone })),
      );
    return parts.length === 1 ? found : [...new Set(found)].toSorted();
  }

  private async page(organizationId: OrganizationId, from: UserId | null, people: People): Promise<UserId[]> {
    const all: UserId[] = [];
    let after: UserId | undefined;
    do {
      const page: { userIds: UserId[]; next?: UserId | undefined } = await this.bus.request(expandAudience, {
        ...{ organizationId, ...people },
        ...(from ? { from } : {}),
        ...(after ? { after } : {}),
      });
      all.push(...page.userIds);
      after = page.next;
    } while (after);
    return all;
  }
}

/** As many as auth takes at once; one part also where nobody is named. */
function chunks(userIds: readonly UserId[]): UserId[][] {
  const parts = [userIds.slice(0, LIMITS.alarmUsers)];
  for (let at = LIMITS.alarmUsers; at < userIds.length; at += LIMITS.alarmUsers)
    parts.push(userIds.slice(at, at + LIMITS.alarmUsers));
  return parts;
}
