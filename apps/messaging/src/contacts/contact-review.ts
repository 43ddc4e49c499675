import { Injectable } from '@nestjs/common';
import type { contactsChanged } from '@relais/contracts';
import { AppError, type ConversationId, type DeviceId, type OrganizationId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { ConversationChanger } from '../conversations/change-conversation.js';
import { decideEvicting, decideWriting, MOST_EVICTED } from './contact-rules.js';
import { ContactStore, type Guard, type Look, type ReviewScope } from './contact-store.js';
import { Contacts, lookingAgain } from './contacts.js';
import type { SortedPeople } from './sorted-people.js';

/** One of `CONSUMERS.messaging`. */
export const CONTACT_CHANGES = 'messaging-contact-changes';

const CONVERSATIONS = 100;
const PEOPLE = 5_000;

type Event = z.infer<typeof contactsChanged.data>;

/**
 * Looks at conversations again when who may meet whom has changed. Whoever may no longer be in one is taken out, with a line
 * in its log; a direct one becomes unwritable for both, or writable again. Moderators stay rather than others, then who has
 * been there longest; those whose pools changed go rather than those whose did not.
 *
 * Idempotent by nature: what is as it should be is left alone. It goes through the conversations in batches and keeps its
 * place, so that the next replica goes on where one stopped.
 */
@Injectable()
export class ContactReview {
  constructor(
    private readonly store: ContactStore,
    private readonly contacts: Contacts,
    private readonly changer: ConversationChanger,
  ) {}

  async execute({ id, organizationId, affected }: Event, isStopping: () => boolean = () => false): Promise<void> {
    let after = await this.store.begin(organizationId, id);
    const scope = await this.scopeOf(organizationId, affected);
    const last = new Set(affected === 'all' ? [] : affected);
    for (;;) {
      const batch = scope ? await this.store.next(organizationId, scope, after, CONVERSATIONS) : [];
      for (const group of groupsOf(batch)) await this.reviewAll(organizationId, group, last);
      after = batch.at(-1)?.id ?? after;
      if (batch.length < CONVERSATIONS || !after) break;
      await this.store.advance(organizationId, id, after);
      if (isStopping()) throw new AppError('unavailable', 'draining');
    }
    await this.store.finish(organizationId, id);
  }

  /** Without barriers there is nothing to take from anybody; but what was taken is given back. */
  private async scopeOf(organizationId: OrganizationId, affected: Event['affected']): Promise<ReviewScope | null> {
    const { hasBarriers } = await this.contacts.sort(organizationId, []);
    if (hasBarriers) return affected;
    return affected === 'all' ? 'muted' : null;
  }

  private reviewAll(organizationId: OrganizationId, ids: readonly ConversationId[], last: Set<UserId>): Promise<void> {
    return lookingAgain(async () => {
      const contactVersion = await this.store.version(organizationId);
      const looks = await this.store.looks(organizationId, ids);
      const everybody = new Set(looks.flatMap(({ members }) => members.map(({ userId }) => userId)));
      const sorted = await this.contacts.sort(organizationId, [...everybody]);
      for (const look of looks) await this.review(organizationId, look, sorted, last, contactVersion);
    });
  }

  private async review(
    organizationId: OrganizationId,
    look: Look,
    sorted: SortedPeople,
    last: ReadonlySet<UserId>,
    contactVersion: number,
  ): Promise<void> {
    const userIds = look.members.map(({ userId }) => userId);
    const misfits = sorted.misfits([...userIds.filter((id) => !last.has(id)), ...userIds.filter((id) => last.has(id))]);
    const guard = { contactVersion, rulesVersion: look.rulesVersion };
    if (look.kind === 'direct') return this.setWriting(organizationId, look, misfits.length === 0, guard);
    for (let from = 0; from < misfits.length; from += MOST_EVICTED)
      await this.evict(organizationId, look, misfits.slice(from, from + MOST_EVICTED), from === 0 ? guard : undefined);
  }

  private async setWriting(organizationId: OrganizationId, { id, members }: Look, mayWrite: boolean, guard: Guard) {
    if (members.length < 2 || members.every(({ role }) => (role !== 'reader') === mayWrite)) return;
    const userIds = members.map(({ userId }) => userId);
    const actor = actorOf(organizationId, userIds);
    await this.changer.change(actor, id, userIds, (current) => decideWriting(current, userIds, mayWrite), guard);
  }

  private async evict(organizationId: OrganizationId, { id }: Look, userIds: UserId[], guard: Guard | undefined) {
    const actor = actorOf(organizationId, userIds);
    await this.changer.change(actor, id, userIds, (current) => decideEvicting(current, userIds), guard);
  }
}

/** Nobody of the conversation did this, and no device: the first one concerned stands in. */
function actorOf(organizationId: OrganizationId, [first]: readonly UserId[]) {
  return { organizationId, userId: first as UserId, deviceId: first as string as DeviceId };
}

/** So many conversations at a time that their people are not too many; a large one is alone. */
export function groupsOf(found: readonly { id: ConversationId; members: number }[]): ConversationId[][] {
  const groups: ConversationId[][] = [];
  let people = Infinity;
  for (const { id, members } of found) {
    if (people + members > PEOPLE) {
      groups.push([]);
      people = 0;
    }
    people += members;
    groups.at(-1)?.push(id);
  }
  return groups;
}
