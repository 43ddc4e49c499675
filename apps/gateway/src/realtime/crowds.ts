import type { Surveys } from '@relais/bus';
import { tellPeople } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import { z } from 'zod';
import { type LiveNotice, noticeOf, NOTICES } from './live-events.js';

/** Only what a gateway acts on is looked at: what is told goes to clients as it came. */
const question = z.object({ userIds: z.array(z.string()), told: z.looseObject({ type: z.enum(NOTICES) }) });

/** Gives a notice to those of these people who are here. @returns their places in the list */
type TellMany = (organizationId: OrganizationId, userIds: readonly UserId[], notice: LiveNotice) => number[];

/**
 * What many people of an organization are told at once, heard for as long as one of its people is here. Whoever tells it hears
 * whom this replica has told.
 */
export class Crowds {
  private readonly heard = new Map<OrganizationId, { stop: () => void; count: number }>();

  constructor(
    private readonly surveys: Pick<Surveys, 'answer'>,
    private readonly tell: TellMany,
  ) {}

  /** Adds interest in an organization. Call the returned function once to give it back. */
  want(organizationId: OrganizationId): () => void {
    const crowd = this.heard.get(organizationId) ?? { stop: this.hear(organizationId), count: 0 };
    crowd.count++;
    this.heard.set(organizationId, crowd);
    return () => {
      if (--crowd.count > 0) return;
      crowd.stop();
      this.heard.delete(organizationId);
    };
  }

  private hear(organizationId: OrganizationId): () => void {
    return this.surveys.answer({ ...tellPeople(organizationId), question }, ({ userIds, told }) => {
      const held = this.tell(organizationId, userIds as UserId[], noticeOf(told));
      return held.length > 0 ? { held } : null;
    });
  }
}
