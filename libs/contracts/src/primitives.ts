import type {
  BotKeyId,
  ConversationId,
  DeviceId,
  EntryId,
  EventId,
  InvitationId,
  OrganizationId,
  PoolId,
  RoleId,
  SessionId,
  UserId,
} from '@relais/kernel';
import { z } from 'zod';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A lower-case UUID. One spelling only, because ids are also subject tokens and map keys. */
export const id = <Id extends string>() =>
  z.string().regex(UUID, 'expected a lower-case UUID').meta({ format: 'uuid' }) as unknown as z.ZodType<Id, Id>;

export const organizationId = id<OrganizationId>();
export const userId = id<UserId>();
export const poolId = id<PoolId>();
export const deviceId = id<DeviceId>();
export const sessionId = id<SessionId>();
export const roleId = id<RoleId>();
export const botKeyId = id<BotKeyId>();
export const invitationId = id<InvitationId>();
export const conversationId = id<ConversationId>();
export const entryId = id<EntryId>();
export const eventId = id<EventId>();

/** RFC 3339, UTC. */
export const timestamp = z.iso.datetime();

const utf8 = new TextEncoder();

/** Text of at most `maxBytes` in UTF-8, made of whole characters (no lone surrogates). */
export const text = (maxBytes: number) =>
  z
    .string()
    .max(maxBytes)
    .refine((value) => value.isWellFormed(), 'expected well-formed Unicode')
    .refine(
      (value) => value.length * 3 <= maxBytes || utf8.encode(value).length <= maxBytes,
      `longer than ${maxBytes} bytes`,
    );

/** Text with something to see in it. */
export const label = (maxBytes: number) =>
  text(maxBytes).refine((value) => value.trim().length > 0, 'expected more than blanks');

/** A position in a conversation's log; 0 stands for "before the first entry". */
export const seq = z.int().nonnegative();

/** Pages go on from an opaque cursor; a missing `next` is the end. */
export const pageRequest = {
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional() });

export const nothing = z.object({});
