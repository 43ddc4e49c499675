import { v7 } from 'uuid';

declare const brand: unique symbol;

/** A string that cannot be mistaken for another kind of string. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

export type OrganizationId = Branded<'OrganizationId'>;
export type UserId = Branded<'UserId'>;
export type PoolId = Branded<'PoolId'>;
export type DeviceId = Branded<'DeviceId'>;
export type SessionId = Branded<'SessionId'>;
export type RoleId = Branded<'RoleId'>;
export type BotKeyId = Branded<'BotKeyId'>;
export type InvitationId = Branded<'InvitationId'>;
export type ConversationId = Branded<'ConversationId'>;
export type EntryId = Branded<'EntryId'>;
export type EventId = Branded<'EventId'>;

/** A new UUIDv7 (RFC 9562): unique, and sorted by the millisecond of its making. Never a secret. */
export const newId = <Id extends string>(): Id => v7() as Id;
