import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { keepRoom } from '@relais/contracts';
import { type DataKey, Envelope } from '@relais/crypto';
import type { DeviceId, EntryId, UserId } from '@relais/kernel';
import type { z } from 'zod';
import { ContactStore, type Guard } from '../contacts/contact-store.js';
import { Contacts, lookingAgain } from '../contacts/contacts.js';
import { ConversationChanger } from '../conversations/change-conversation.js';
import { sealTitle } from '../conversations/conversation-sealing.js';
import { ConversationStore, type NewMember } from '../conversations/conversation-store.js';
import { scopeOf, sealBody } from '../entries/entry-sealing.js';
import { MemberStore } from '../members/member-store.js';
import { decideKeeping, type Keeping } from './room-rules.js';

type Command = z.output<typeof keepRoom.input>;
type Answer = z.input<typeof keepRoom.output>;

/** Who is to be taken in, after a look at who may meet whom. */
interface Joining {
  join: NewMember[];
  keptApart: UserId[];
  reason: Keeping['reason'];
  guard: Guard;
}

/** Keeps the conversation of an alarm or an outage as whoever owns it wants it. Asked again, it does what is left to do. */
@Injectable()
export class KeepRoomHandler {
  constructor(
    private readonly store: ConversationStore,
    private readonly members: MemberStore,
    private readonly envelope: Envelope,
    private readonly contacts: Contacts,
    private readonly contactStore: ContactStore,
    private readonly changer: ConversationChanger,
  ) {}

  @Serves(keepRoom)
  execute(command: Command): Promise<Answer> {
    return lookingAgain(async () => {
      const joining = await this.whoJoins(command);
      const key = await this.envelope.keyFor(scopeOf(command.organizationId, command.conversationId));
      await this.findOrMake(command, joining.guard.contactVersion, key);
      const leftOut = await this.change(command, joining);
      return { keptApart: joining.keptApart, leftOut };
    });
  }

  private async whoJoins({ organizationId, conversationId, join, liftsBarriers }: Command): Promise<Joining> {
    const contactVersion = await this.contactStore.version(organizationId);
    const everIn = await this.members.everIn(
      organizationId,
      conversationId,
      join.map(({ userId }) => userId),
    );
    const fresh = join.filter(({ userId }) => !everIn.has(userId));
    const meets = { join: fresh, keptApart: [], reason: undefined, guard: { contactVersion } };
    if (fresh.length === 0 || !(await this.contacts.sort(organizationId, [])).hasBarriers) return meets;
    const look = await this.contactStore.look(organizationId, conversationId);
    const inOrder = [...(look?.members ?? []), ...fresh].map(({ userId }) => userId);
    const misfits = new Set((await this.contacts.sort(organizationId, inOrder)).misfits(inOrder));
    const apart = fresh.filter(({ userId }) => misfits.has(userId)).map(({ userId }) => userId);
    if (liftsBarriers) return apart.length > 0 ? { ...meets, reason: 'emergency' } : meets;
    const guard = { contactVersion, ...(look ? { rulesVersion: look.rulesVersion } : {}) };
    return { ...meets, join: fresh.filter(({ userId }) => !misfits.has(userId)), keptApart: apart, guard };
  }

  /** Made empty: that people come in is one way only, whether it was there or not. */
  private async findOrMake(command: Command, contactVersion: number, key: DataKey): Promise<void> {
    const { organizationId, conversationId: id, kind, title, actorId, liftsBarriers } = command;
    const wanted = {
      ...{ id, kind, liftsBarriers, contactVersion, members: [], title: sealTitle(key, id, title) },
      ...{ creatorId: actorId, creatorDeviceId: deviceOf(actorId), sharesHistory: true, messageTtlSeconds: 0 },
    };
    const seal = (entryId: EntryId, body: unknown) => sealBody(key, id, entryId, body);
    const made =
      (await this.store.existing(organizationId, wanted)) ?? (await this.store.create(organizationId, wanted, seal));
    if (!made) throw keepRoom.fail('conversation_id_reused');
  }

  private async change(command: Command, { join, reason, guard }: Joining): Promise<UserId[]> {
    const { organizationId, conversationId, actorId, entries, closes } = command;
    const actor = { organizationId, userId: actorId, deviceId: deviceOf(actorId) };
    let leftOut: UserId[] = [];
    await this.changer.change(
      actor,
      conversationId,
      join.map(({ userId }) => userId),
      (current) => {
        const decided = decideKeeping(current, { join, reason, entries, closes });
        leftOut = decided.leftOut;
        return decided.changes;
      },
      guard,
    );
    return leftOut;
  }
}

/** No device did this: the id of the person stands in for it. */
const deviceOf = (userId: UserId): DeviceId => userId as string as DeviceId;
