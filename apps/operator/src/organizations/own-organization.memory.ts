import { randomBytes } from 'node:crypto';
import type {
  IdentityProvider,
  IdentityProviderSettings,
  Invitation,
  MessageKeeping,
  PeopleQuota,
  Directory,
  DirectorySettings,
} from '@relais/contracts';
import { AppError, newId } from '@relais/kernel';
import { type MadeInvitation, OwnOrganization } from './own-organization.js';

type KeptProvider = Omit<IdentityProvider, 'id'> & { id: string; clientSecret?: string | undefined };
type KeptDirectory = Omit<Directory, 'id'> & { id: string; bindPassword?: string | undefined };
type Kept = Invitation & { email: string; invitationToken: string };

/** As the API answers a bot, with invitations that can be looked up, redeemed and withdrawn. */
export class MemoryOwnOrganization extends OwnOrganization {
  quota: PeopleQuota = { maxPeople: null, people: 1 };
  keeping: MessageKeeping = { keepDays: null, keyDays: null };
  /** What each period would end. */
  older = { messages: 0, conversations: 0 };
  /** Whether the bot may say how long messages are kept. */
  mayKeep = true;
  readonly invitations = new Map<string, Kept>();
  readonly providers = new Map<string, KeptProvider>();
  readonly directories = new Map<string, KeptDirectory>();
  /** The addresses of who is here. */
  readonly people = new Set<string>();
  /** How long invitations are good for, ms. */
  validMs = 86_400_000;
  /** What was done, as `quota 5` or `invite ada@acme.example`. */
  readonly log: string[] = [];
  /** How often it was asked for the quota. */
  reads = 0;
  /** How often for the invitations, which is at least once in each look. */
  lists = 0;
  /** Thrown instead of an answer, as long as it is there. */
  problem: Error | undefined;

  override async readQuota(): Promise<PeopleQuota> {
    this.reads++;
    this.assertWell();
    return this.quota;
  }

  override async setQuota(maxPeople: number | null): Promise<PeopleQuota> {
    this.assertWell();
    this.log.push(`quota ${maxPeople}`);
    this.quota = { ...this.quota, maxPeople };
    return this.quota;
  }

  override async readKeeping(): Promise<MessageKeeping> {
    this.assertWell();
    if (!this.mayKeep) throw new AppError('forbidden', 'scope_missing');
    return this.keeping;
  }

  override async setKeeping({
    keepDays,
    keyDays,
  }: Pick<MessageKeeping, 'keepDays' | 'keyDays'>): Promise<MessageKeeping> {
    this.assertWell();
    this.log.push(`keep ${keepDays} ${keyDays}`);
    const clearsFrom = new Date(Date.now() + 60_000).toISOString();
    this.keeping = { keepDays, keyDays, ...(keepDays !== null && { clearsFrom }) };
    return this.keeping;
  }

  override async countOlder(): Promise<{ messages: number; conversations: number }> {
    this.assertWell();
    return this.older;
  }

  override async listInvitations(): Promise<readonly Invitation[]> {
    this.lists++;
    this.assertWell();
    return [...this.invitations.values()]
      .filter(({ expiresAt }) => Date.parse(expiresAt) > Date.now())
      .map(({ email: _, invitationToken: __, ...invitation }) => invitation);
  }

  override async invite(email: string): Promise<MadeInvitation | 'here'> {
    this.assertWell();
    if (this.people.has(email)) return 'here';
    this.log.push(`invite ${email}`);
    const made: Kept = {
      ...{ id: newId(), role: 'admin', poolIds: [], invitedBy: newId(), isForAddress: true, email },
      ...{ createdAt: new Date().toISOString(), expiresAt: new Date(Date.now() + this.validMs).toISOString() },
      invitationToken: randomBytes(32).toString('base64url'),
    };
    this.invitations.set(made.id, made);
    return made;
  }

  override async withdraw(invitationId: string): Promise<void> {
    this.assertWell();
    const found = this.invitations.get(invitationId);
    if (!found || found.usedAt) return;
    this.log.push(`withdraw ${found.email}`);
    this.invitations.delete(invitationId);
  }

  override async listProviders(): Promise<readonly IdentityProvider[]> {
    this.assertWell();
    return [...this.providers.values()].map(({ clientSecret: _, ...provider }) => provider as IdentityProvider);
  }

  override async putProvider(id: string, { clientSecret, ...settings }: IdentityProviderSettings): Promise<void> {
    this.assertWell();
    this.log.push(`put ${settings.name}`);
    const secret = clientSecret ?? this.providers.get(id)?.clientSecret;
    this.providers.set(id, { id, settings, clientSecret: secret, hasClientSecret: secret !== undefined, people: 0 });
  }

  override async listDirectories(): Promise<readonly Directory[]> {
    this.assertWell();
    return [...this.directories.values()].map(({ bindPassword: _, ...directory }) => directory as Directory);
  }

  override async putDirectory(id: string, { bindPassword, ...settings }: DirectorySettings): Promise<void> {
    this.assertWell();
    this.log.push(`put ${settings.name}`);
    const before = this.directories.get(id);
    this.directories.set(id, {
      people: 0,
      ...before,
      id,
      settings,
      bindPassword: bindPassword ?? before?.bindPassword,
    });
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  /** The person of this address comes in by the token. @returns whether it was good for that */
  redeem(token: string): boolean {
    const found = [...this.invitations.values()].find(({ invitationToken }) => invitationToken === token);
    if (!found || found.usedAt || Date.parse(found.expiresAt) <= Date.now()) return false;
    this.invitations.set(found.id, { ...found, usedAt: new Date().toISOString() });
    this.people.add(found.email);
    return true;
  }

  private assertWell(): void {
    if (this.problem) throw this.problem;
  }
}
