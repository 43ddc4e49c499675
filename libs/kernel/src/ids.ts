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

/**
 * The same id for the same digest (UUIDv8, RFC 9562). Nobody can choose one for themselves where the digest is keyed.
 *
 * @param digest 16 bytes or more, of which these count
 */
export function idFrom<Id extends string = string>(digest: Buffer): Id {
  const hex = digest.toString('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-') as Id;
}
