import { Injectable } from '@nestjs/common';
import { BlindIndex, CONTENT_DESTROYED, Envelope, type KeyScope, type Opener } from '@relais/crypto';
import type { OrganizationId } from '@relais/kernel';

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
