import { Injectable } from '@nestjs/common';
import { BlindIndex, CONTENT_DESTROYED, Envelope, type KeyScope, type Opener } from '@relais/crypto';
import { AppError, type OrganizationId, type UserId } from '@relais/kernel';
import { beginningsOf } from '../users/name-words.js';

/** Where a ciphertext belongs; opening it anywhere else fails. */
export type Column =
  | 'directory.settings'
  | 'directory_run.text'
  | 'external_identity.place'
  | 'identity_provider.settings'
  | 'login_attempt.state'
  | 'factor.name'
  | 'factor.secret'
  | 'posture_source.settings'
  | 'provisioning_client.settings'
  | 'remote_secret.secret'
  | 'registration_entry.email'
  | 'scim_resource.document'
  | 'outage_mode.reason'
  | 'outage_key.label'
  | 'organization.name'
  | 'pool.name'
  | 'app_user.email'
  | 'app_user.display_name'
  | 'app_user.phone'
  | 'device.name'
  | 'custom_role.name';

/** A value to seal: which column of which row, and whose key. */
export interface Place {
  organizationId: OrganizationId;
  column: Column;
  rowId: string;
}

/** A display name to be written: encrypted, and the digests by which it is found. Whoever writes one writes both. */
export interface SealedName {
  sealed: Buffer;
  /** Of 64 bits, as numbers in decimals. */
  beginnings: readonly string[];
}

const NAMELESS = '';

/** Keeps names and addresses unreadable in the database. What is about a person has that person's key, which ends with them. */
@Injectable()
export class PersonalData {
  constructor(
    private readonly envelope: Envelope,
    private readonly index: BlindIndex,
  ) {}

  /** Encrypts what is about a person, with their own key. May ask the keystore: call it before the transaction. */
  async sealOfUser(userId: string, place: Place, text: string): Promise<Buffer> {
    return (await this.envelope.keyFor(userScope(place.organizationId, userId))).seal(partsOf(place), text);
  }

  /** Encrypts somebody's name and digests its beginnings. May ask the keystore: call it before the transaction. */
  async sealName(organizationId: OrganizationId, userId: string, name: string): Promise<SealedName> {
    const sealed = await this.sealOfUser(userId, nameOf(organizationId, userId), name);
    return { sealed, beginnings: await this.digestBeginnings(organizationId, beginningsOf(name)) };
  }

  /** Names as they stand in rows, with their beginnings; what cannot be opened is left out. A destroyed key leaves none. */
  async sealedNames(
    organizationId: OrganizationId,
    written: readonly { id: UserId; sealed: Buffer }[],
  ): Promise<Map<UserId, SealedName>> {
    const all = written.map(({ sealed }) => sealed);
    const reader = await this.reader(organizationId, all);
    const found = new Map<UserId, SealedName>();
    for (const { id, sealed } of written) {
      const name = openedOrNull(() => reader.open('app_user.display_name', id, sealed));
      if (name === null) continue;
      found.set(id, { sealed, beginnings: await this.digestBeginnings(organizationId, beginningsOf(name)) });
    }
    return found;
  }

  /** Keyed digests of beginnings of names, in their order. */
  async digestBeginnings(organizationId: OrganizationId, beginnings: readonly string[]): Promise<string[]> {
    const digests = await this.index.digests(organizationId, 'name_beginning', beginnings);
    return digests.map((digest) => digest.readBigInt64BE().toString());
  }

  /** Makes the keys of many people in one go, for who seals about them next. */
  async makeKeysOfUsers(organizationId: OrganizationId, userIds: readonly string[]): Promise<void> {
    await this.envelope.keysFor(userIds.map((id) => userScope(organizationId, id)));
  }

  /** Encrypts what is about the organization. May ask the keystore: call it before the transaction. */
  async seal(place: Place, text: string): Promise<Buffer> {
    return (await this.envelope.keyFor(organizationScope(place.organizationId))).seal(partsOf(place), text);
  }

  async open(place: Place, sealed: Buffer): Promise<string> {
    return (await this.reader(place.organizationId, [sealed])).open(place.column, place.rowId, sealed);
  }

  /** Opens many values with at most one question to the keystore. A value whose key was destroyed reads as empty. */
  async reader(organizationId: OrganizationId, sealed: readonly Buffer[]): Promise<Reader> {
    return new Reader(organizationId, await this.envelope.opener(organizationId, sealed));
  }

  /** Finds an account by address without storing it in the clear. */
  emailIndex(organizationId: OrganizationId, email: string): Promise<Buffer> {
    return this.index.digest(organizationId, 'email', email);
  }

  /** A keyed digest of anything that must be counted but not read back. */
  digest(organizationId: OrganizationId, value: string): Promise<Buffer> {
    return this.index.digest(organizationId, 'external_id', value);
  }

  /** Destroys a person's key: what was sealed with it opens nowhere any more, not even from a backup. */
  async forgetUser(organizationId: OrganizationId, userId: string): Promise<void> {
    await this.envelope.destroy(organizationId, { kind: 'user', id: userId });
  }
}

export class Reader {
  constructor(
    private readonly organizationId: OrganizationId,
    private readonly opener: Opener,
  ) {}

  open(column: Column, rowId: string, sealed: Buffer): string {
    const opened = this.opener.open(partsOf({ organizationId: this.organizationId, column, rowId }), sealed);
    return opened === CONTENT_DESTROYED ? NAMELESS : opened.toString('utf8');
  }
}

const nameOf = (organizationId: OrganizationId, userId: string): Place => ({
  ...{ organizationId, column: 'app_user.display_name', rowId: userId },
});

/** Null for what was not sealed for this place; anything else goes on its way. */
function openedOrNull(open: () => string): string | null {
  try {
    return open();
  } catch (error) {
    if (AppError.from(error).code === 'decrypt_failed') return null;
    throw error;
  }
}

const partsOf = ({ organizationId, column, rowId }: Place): string[] => [column, organizationId, rowId];

const userScope = (organizationId: OrganizationId, userId: string): KeyScope => ({
  organizationId,
  kind: 'user',
  id: userId,
  retentionClass: 'identity',
});

const organizationScope = (organizationId: OrganizationId): KeyScope => ({
  organizationId,
  kind: 'organization',
  id: organizationId,
  retentionClass: 'identity',
});
