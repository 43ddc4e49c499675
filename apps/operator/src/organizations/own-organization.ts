import type {
  IdentityProvider,
  IdentityProviderSettings,
  Invitation,
  MessageKeeping,
  PeopleQuota,
  Directory,
  DirectorySettings,
} from '@relais/contracts';

export type MadeInvitation = Pick<Invitation, 'id' | 'expiresAt'> & { invitationToken: string };

/**
 * The organization that a bot of the operator is in, as far as its scopes go.
 *
 * Each throws AppError: with a code of its contract, `bot_refused` when the bot is none any more, or of kind `unavailable` or
 * `timeout` when nobody answers.
 */
export abstract class OwnOrganization {
  abstract readQuota(): Promise<PeopleQuota>;
  abstract setQuota(maxPeople: number | null): Promise<PeopleQuota>;
  abstract readKeeping(): Promise<MessageKeeping>;
  abstract setKeeping(keeping: Pick<MessageKeeping, 'keepDays' | 'keyDays'>): Promise<MessageKeeping>;
  /** What such a period would end that can be read now. */
  abstract countOlder(keepDays: number | null): Promise<{ messages: number; conversations: number }>;
  /** Those that the bot made itself and that have not expired, used ones too. */
  abstract listInvitations(): Promise<readonly Invitation[]>;
  /** Invites an administrator; `here` where somebody has this address. */
  abstract invite(email: string): Promise<MadeInvitation | 'here'>;
  /** Also of one that is gone already, or was used. */
  abstract withdraw(invitationId: string): Promise<void>;
  /** Those that the bot made itself. */
  abstract listProviders(): Promise<readonly IdentityProvider[]>;
  /** Makes or changes one; without a secret it keeps the one it has. */
  abstract putProvider(providerId: string, settings: IdentityProviderSettings): Promise<void>;
  /** Those that the bot made itself. */
  abstract listDirectories(): Promise<readonly Directory[]>;
  /** Makes or changes one; without a password it keeps the one it has, for the same servers and name. */
  abstract putDirectory(directoryId: string, settings: DirectorySettings): Promise<void>;
  abstract close(): Promise<void>;
}
