import type { IdentityProviderSettings, Role } from '@relais/contracts';
import { AppError, type OrganizationId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { recordFact, systemSubject, userSubject } from '../facts/record-fact.js';
import { reaches } from '../permissions/permissions.js';
import { assertMayRegister } from '../registration-policy/may-register.js';
import { lockUser } from '../users/user-rows.postgres.js';
import { hasIdentity, insertIdentity, type NewIdentity } from './identity-provider-rows.postgres.js';

export interface OpenProvider {
  organizationId: OrganizationId;
  id: string;
  /** The role of who last said how it is used. */
  vouchedBy: Role;
  settings: IdentityProviderSettings;
}

/** Why nobody is let in by what a provider says. For the fact; the caller is told nothing of it. */
export class NotProvided extends Error {
  constructor(
    readonly reason:
      'not_proved' | 'unknown_person' | 'email_unverified' | 'not_linked' | 'may_not_register' | 'people_limit_reached',
    cause?: unknown,
  ) {
    super(reason, { cause });
  }
}

/** @throws NotProvided where strangers are not made, or this one may not register */
export async function assertMayBeMade(
  tx: Tx,
  { organizationId, settings }: OpenProvider,
  who: { email: string; emailIndex: Buffer },
): Promise<void> {
  if (!settings.mayCreatePeople) throw new NotProvided('unknown_person');
  await assertMayRegister(tx, organizationId, who).catch((error: unknown) => {
    if (AppError.from(error).code !== 'registration_not_allowed') throw error;
    throw new NotProvided('may_not_register');
  });
}

/**
 * Connects somebody who is here already. Whoever let the provider do so must reach them, or an administrator could become the
 * owner by a provider of their own; and each person is one subject: an address that was handed on brings nobody with it.
 *
 * @throws NotProvided
 */
export async function connectPerson(tx: Tx, provider: OpenProvider, identity: NewIdentity): Promise<void> {
  const { organizationId, id: providerId, vouchedBy, settings } = provider;
  const { userId } = identity;
  if (!settings.linksByEmail) throw new NotProvided('not_linked');
  const user = await lockUser(tx, organizationId, userId);
  if (user?.state !== 'active' || !reaches(vouchedBy, user.role)) throw new NotProvided('not_linked');
  if (await hasIdentity(tx, organizationId, { providerId, userId })) throw new NotProvided('not_linked');
  await insertIdentity(tx, organizationId, identity);
  await recordFact(tx, organizationId, {
    actor: systemSubject('identity-provider', providerId),
    action: 'identity.linked',
    object: userSubject(userId),
  });
}
