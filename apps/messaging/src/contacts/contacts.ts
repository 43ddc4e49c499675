import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type addMembers, checkContacts, classifyContacts, type createConversation } from '@relais/contracts';
import { AppError, type OrganizationId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { SortedPeople } from './sorted-people.js';

const CHUNK = 5_000;
const ATTEMPTS = 5;

type Adding = Pick<typeof addMembers | typeof createConversation, 'fail'>;

/** Asks auth who may meet whom; it decides, messaging holds to it. */
@Injectable()
export class Contacts {
  constructor(private readonly bus: Bus) {}

  /**
   * Whether the caller may begin to write to all of these people. Who may not be seen is answered like who does not exist.
   *
   * @returns whether there are people in the organization who may not share a conversation
   * @throws AppError `user_not_found`, `contact_not_allowed`
   */
  async assertReachable(contract: Adding, userIds: readonly UserId[], { token }: Principal): Promise<boolean> {
    const asked = [...new Set(userIds)];
    if (asked.length === 0) return false;
    const { allowed, refused, hasBarriers } = await this.bus.request(checkContacts, { userIds: asked }, { token });
    if (allowed.length + refused.length < asked.length) throw contract.fail('user_not_found');
    if (refused.length > 0)
      throw notAllowed(
        contract,
        refused.map(({ userId }) => userId),
      );
    return hasBarriers;
  }

  /** Sorts people, however many, by whom they may share a conversation with. */
  async sort(organizationId: OrganizationId, userIds: readonly UserId[]): Promise<SortedPeople> {
    const classOf = new Map<UserId, number>();
    let known: string[] = [];
    let apart: number[][] = [];
    let hasBarriers = false;
    // At least once: also nobody has an answer to whether there are barriers.
    for (let from = 0; from === 0 || from < userIds.length; from += CHUNK) {
      const chunk = userIds.slice(from, from + CHUNK);
      const answer = await this.bus.request(classifyContacts, { organizationId, userIds: chunk, known });
      ({ classes: known, apart, hasBarriers } = answer);
      answer.classOf.forEach((one, index) => one >= 0 && classOf.set(chunk[index] as UserId, one));
    }
    return new SortedPeople(hasBarriers, classOf, apart);
  }
}

/** The people in the way, all of whom the caller may see. */
export const notAllowed = (contract: Adding, userIds: readonly UserId[]): AppError =>
  contract.fail('contact_not_allowed', undefined, { details: { userIds } });

/** Tries again with a new look when something changed between the look and the commit. */
export async function lookingAgain<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || AppError.from(error).code !== 'conversation_busy') throw error;
    }
  }
}
