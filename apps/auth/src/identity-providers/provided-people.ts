import { Injectable } from '@nestjs/common';
import { Clock, newId, type UserId } from '@relais/kernel';
import { Database } from '../database/database.js';
import { recordFact, systemSubject, userSubject } from '../facts/record-fact.js';
import { NO_PASSWORD } from '../passwords/password-hasher.js';
import { isFull } from '../people-quota/room.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { findUserByEmail, insertUser, isEmailTaken } from '../users/user-rows.postgres.js';
import { applyGroups } from './apply-groups.js';
import type { Said } from './claims.js';
import { assertMayBeMade, connectPerson, NotProvided, type OpenProvider } from './connect-person.js';
import { findIdentity, insertIdentity, isIdentityTaken, type NewIdentity } from './identity-provider-rows.postgres.js';

interface Newcoming extends NewIdentity {
  email: string;
  emailIndex: Buffer;
}

/**
 * Who somebody is here whom a provider vouches for. The key is issuer and subject, never an address (R-I7): an address only
 * makes the connection, once, and only where the organization wants that.
 */
@Injectable()
export class ProvidedPeople {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
  ) {}

  /** Finds, connects or makes the person and gives them what their groups say. @throws NotProvided */
  async personOf(provider: OpenProvider, said: Said): Promise<UserId> {
    const { organizationId, id: providerId, settings } = provider;
    const externalIndex = await this.personal.digest(organizationId, `oidc\n${said.issuer}\n${said.subject}`);
    const known = await this.db.within(organizationId, (tx) =>
      findIdentity(tx, organizationId, { providerId, externalIndex }),
    );
    const userId = known ?? (await this.meet(provider, said, externalIndex));
    await this.db.within(organizationId, (tx) =>
      applyGroups(tx, { organizationId, providerId, userId }, said.groups, settings),
    );
    return userId;
  }

  private async meet(provider: OpenProvider, said: Said, externalIndex: Buffer): Promise<UserId> {
    const { organizationId, id: providerId } = provider;
    if (said.email === null) throw new NotProvided('email_unverified');
    const emailIndex = await this.personal.emailIndex(organizationId, said.email);
    const there = await this.db.within(organizationId, async (tx) => {
      const user = await findUserByEmail(tx, organizationId, emailIndex);
      if (!user) await assertMayBeMade(tx, provider, { email: said.email ?? '', emailIndex });
      return user?.id ?? null;
    });
    const userId = there ?? newId<UserId>();
    const placeSealed = await this.seal(provider, userId, 'external_identity.place', said.subject);
    const newcoming = { providerId, externalIndex, userId, placeSealed, email: said.email, emailIndex };
    return this.write(provider, said, newcoming, there !== null);
  }

  private async write(provider: OpenProvider, said: Said, newcoming: Newcoming, isThere: boolean): Promise<UserId> {
    const { organizationId } = provider;
    try {
      if (isThere) await this.db.within(organizationId, (tx) => connectPerson(tx, provider, newcoming));
      else await this.make(provider, said, newcoming);
      return newcoming.userId;
    } catch (error) {
      if (isFull(error)) throw new NotProvided('people_limit_reached', error);
      if (!isIdentityTaken(error) && !isEmailTaken(error)) throw error;
      // Somebody else made them at the same time: the same person, by another device, or else another.
      const found = await this.db.within(organizationId, (tx) => findIdentity(tx, organizationId, newcoming));
      if (!found) throw new NotProvided('not_linked');
      return found;
    }
  }

  private async make(provider: OpenProvider, said: Said, newcoming: Newcoming): Promise<void> {
    const { organizationId, id } = provider;
    const { userId, email, emailIndex } = newcoming;
    const [emailSealed, name] = await Promise.all([
      this.seal(provider, userId, 'app_user.email', email),
      this.personal.sealName(organizationId, userId, said.displayName),
    ]);
    const person = { organizationId, id: userId, role: 'member', emailIndex, emailSealed, name } as const;
    await this.db.within(organizationId, async (tx) => {
      await assertMayBeMade(tx, provider, newcoming);
      await insertUser(tx, { ...person, passwordHash: NO_PASSWORD, poolIds: [], now: this.clock.now() });
      await insertIdentity(tx, organizationId, newcoming);
      await recordFact(tx, organizationId, {
        actor: systemSubject('identity-provider', id),
        action: 'user.provisioned',
        object: userSubject(userId),
        after: { role: 'member', poolIds: [] },
      });
      // In the same transaction: nobody is ever without a pool.
      const receiver = { organizationId, providerId: id, userId };
      await applyGroups(tx, receiver, said.groups ?? [], provider.settings);
    });
  }

  private seal(
    { organizationId }: OpenProvider,
    userId: UserId,
    column: 'app_user.email' | 'external_identity.place',
    text: string,
  ): Promise<Buffer> {
    return this.personal.sealOfUser(userId, { organizationId, column, rowId: userId }, text);
  }
}
