import { Injectable } from '@nestjs/common';
import { type Revocation, userRemoved } from '@relais/contracts';
import { enqueue } from '@relais/database';
import { Clock, type EventId, newId, type UserId } from '@relais/kernel';
import { Database, type Tx } from '../database/database.js';
import { violates } from '../database/sql.js';
import { EventLog } from '../event-log.js';
import { recordFact, userSubject } from '../facts/record-fact.js';
import { Refusals } from '../facts/refusals.js';
import { lockQuota } from '../people-quota/quota-rows.postgres.js';
import { isFull } from '../people-quota/room.postgres.js';
import { type Column, PersonalData } from '../sealing/personal-data.js';
import { deleteSessions } from '../sessions/session-rows.postgres.js';
import { revoke, Revocations } from '../trust/revocations.postgres.js';
import { deleteUser, lockOrganization, lockUser, type UserRow } from '../users/user-rows.postgres.js';
import type { JsonObject } from './hostile-json.js';
import { patchUser } from './patch-user.js';
import { type Operation } from './patch-operations.js';
import { PutOutRefused, takePutOut } from './put-out.postgres.js';
import { clientSubject, type ScimClient } from './scim-client.js';
import { notFound, ScimError } from './scim-error.js';
import { amongOf, assertVersion, ScimResources } from './scim-resources.js';
import { findResource, lockResource, type ResourceRow } from './scim-rows.postgres.js';
import { displayNameOf, emailOf, phoneOf, readUserDocument, type UserDocument } from './user-document.js';
import { changePerson, type Change, createPerson, type SealedPerson } from './write-person.postgres.js';

const MAX_TRIES = 3;

/** People whom a SCIM client writes. They are people of that client: nobody else is seen or touched by it. */
@Injectable()
export class ScimUsers {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly resources: ScimResources,
    private readonly revocations: Revocations,
    private readonly refusals: Refusals,
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {}

  async create(client: ScimClient, said: JsonObject): Promise<ResourceRow> {
    const { organizationId } = client;
    const document = readUserDocument(said);
    const id = newId<UserId>();
    emailOf(document);
    await this.personal.makeKeysOfUsers(organizationId, [id]);
    const sealed = await this.seal(client, id, document);
    try {
      return await this.db.within(organizationId, async (tx) => {
        await createPerson(tx, client, { id, document, sealed, now: this.clock.now() });
        return (await findResource(tx, amongOf(client, 'User'), id)) as ResourceRow;
      });
    } catch (error) {
      throw this.understood(client, error, id);
    }
  }

  async find(client: ScimClient, id: string): Promise<ResourceRow> {
    const found = await this.db.within(client.organizationId, (tx) => findResource(tx, amongOf(client, 'User'), id));
    if (!found) throw notFound('user');
    return found;
  }

  /** All is as the client says; what it does not say about `active` stays. */
  replace(client: ScimClient, id: string, said: JsonObject, ifMatch?: string): Promise<ResourceRow> {
    const document = readUserDocument(said);
    return this.change(client, id, ifMatch, () => Promise.resolve(document));
  }

  patch(client: ScimClient, id: string, operations: readonly Operation[], ifMatch?: string): Promise<ResourceRow> {
    return this.change(client, id, ifMatch, async (before, isActive) => {
      const user = { ...(before as unknown as JsonObject), active: isActive };
      return readUserDocument(await patchUser(user, operations));
    });
  }

  /** Takes a person out for good: see RemoveUserHandler. */
  async remove(client: ScimClient, id: string, ifMatch?: string): Promise<void> {
    const { organizationId } = client;
    try {
      this.revocations.announce(
        await this.db.within(organizationId, (tx) => this.removeWithin(tx, client, id, ifMatch)),
      );
    } catch (error) {
      throw this.understood(client, error, id);
    }
    await this.personal.forgetUser(organizationId, id).catch((error: unknown) => {
      // The rows are gone; what is left is a key that opens only backups.
      this.events.failed('auth.forget_failed', error);
    });
  }

  private async removeWithin(tx: Tx, client: ScimClient, id: string, ifMatch?: string): Promise<Revocation[]> {
    const { organizationId, clientId } = client;
    await lockOrganization(tx, organizationId);
    const user = await lockUser(tx, organizationId, id as UserId);
    const found = await lockResource(tx, amongOf(client, 'User'), id);
    if (!user || !found) throw notFound('user');
    assertVersion(ifMatch, found);
    await takePutOut(tx, client, user, this.clock.now());
    await deleteSessions(tx, organizationId, { userId: user.id });
    await deleteUser(tx, organizationId, user.id);
    await enqueue(tx, userRemoved, { id: newId<EventId>(), organizationId, userId: user.id });
    await recordFact(tx, organizationId, {
      actor: clientSubject(clientId),
      action: 'user.removed',
      object: userSubject(user.id),
      before: { role: user.role, state: user.state, poolIds: user.pool_ids },
    });
    return revoke(tx, 'removed', [user.id]);
  }

  /** Reads, changes, seals and writes; again when somebody else was faster. */
  private async change(
    client: ScimClient,
    id: string,
    ifMatch: string | undefined,
    change: (before: UserDocument, isActive: boolean) => Promise<UserDocument>,
  ): Promise<ResourceRow> {
    for (let left = MAX_TRIES; left > 0; left--) {
      const found = await this.find(client, id);
      assertVersion(ifMatch, found);
      const before = await this.resources.openUser(client, found);
      const document = await change(before, found.state === 'active');
      const sealed = await this.seal(client, id as UserId, document);
      const written = await this.write(client, { id: id as UserId, found, before, document, sealed });
      if (written) return written;
    }
    throw new ScimError(409, 'the resource is changed by somebody else at this moment: try again');
  }

  /** Null when the resource is not what was read any more. */
  private async write(client: ScimClient, change: Omit<Change, 'now' | 'user'>): Promise<ResourceRow | null> {
    const { organizationId } = client;
    const among = amongOf(client, 'User');
    try {
      const { written, revocations } = await this.db.within(organizationId, async (tx) => {
        await lockOrganization(tx, organizationId);
        await lockQuota(tx, organizationId);
        const user: UserRow | null = await lockUser(tx, organizationId, change.id);
        const now = await lockResource(tx, among, change.id);
        if (!user || !now) throw notFound('user');
        const isSame = now.version === change.found.version && now.state === change.found.state;
        if (!isSame) return { written: null, revocations: [] };
        const revocations = await changePerson(tx, client, { ...change, user, now: this.clock.now() });
        return { written: await findResource(tx, among, change.id), revocations };
      });
      this.revocations.announce(revocations);
      return written;
    } catch (error) {
      throw this.understood(client, error, change.id);
    }
  }

  private async seal(client: ScimClient, id: UserId, document: UserDocument): Promise<SealedPerson> {
    const { organizationId } = client;
    const email = emailOf(document);
    const { phone, hasBadPhone = false } = phoneOf(document);
    const seal = (column: Column, text: string) =>
      this.personal.sealOfUser(id, { organizationId, column, rowId: id }, text);
    const [emailSealed, name, placeSealed] = [
      await seal('app_user.email', email),
      await this.personal.sealName(organizationId, id, displayNameOf(document)),
      await seal('external_identity.place', document.userName),
    ];
    return {
      ...{ email, emailSealed, name, placeSealed, hasBadPhone },
      phoneSealed: phone === undefined ? null : await seal('app_user.phone', phone),
      emailIndex: await this.personal.emailIndex(organizationId, email),
      documentSealed: await this.resources.sealUser(client, id, document),
      nameIndex: await this.resources.nameIndex(client, document.userName),
      identityIndex: await this.resources.identityIndex(client, id),
      externalIndex:
        document.externalId === undefined ? null : await this.resources.externalIndex(client, document.externalId),
    };
  }

  /** Says what the database refused in the words of SCIM; notes what must not go unseen. */
  private understood({ organizationId, clientId }: ScimClient, error: unknown, id: string): unknown {
    const actor = clientSubject(clientId);
    if (error instanceof PutOutRefused) {
      const { userId, code } = error;
      this.refusals.note(
        organizationId,
        { actor, action: 'user.disabled', object: userSubject(userId), after: { code } },
        code,
      );
    }
    if (isFull(error)) {
      this.refusals.note(organizationId, { actor, action: 'registration.refused', object: userSubject(id) });
      return new ScimError(409, 'there are as many people as there may be: see setPeopleQuota');
    }
    if ((error as { code?: string }).code === 'registration_not_allowed') {
      this.refusals.note(organizationId, { actor, action: 'registration.refused', object: userSubject(id) });
      return new ScimError(403, 'this address may not register: see putRegistrationEntry');
    }
    const isTaken = violates(error, 'scim_resource_name_key') || violates(error, 'app_user_email_key');
    return isTaken ? new ScimError(409, 'somebody has this userName or address already', 'uniqueness') : error;
  }
}
