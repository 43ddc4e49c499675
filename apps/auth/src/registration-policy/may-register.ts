import { domainToASCII } from 'node:url';
import { AppError, type OrganizationId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { isOnList } from './registration-rows.postgres.js';

/** The domain of an address as it is listed: in ASCII and lower case; empty when it has none. */
export const domainOf = (email: string): string =>
  domainToASCII(email.slice(email.lastIndexOf('@') + 1).trim()).toLowerCase();

/**
 * To be asked by everything that makes a person: invitations, identity providers, directories and imports. Within the
 * transaction that does, so that a list that was made meanwhile counts.
 *
 * @param emailIndex of `PersonalData.emailIndex`, which whoever makes a person has at hand
 * @throws AppError `registration_not_allowed` (kind `forbidden`)
 */
export async function assertMayRegister(
  tx: Tx,
  organizationId: OrganizationId,
  { email, emailIndex }: { email: string; emailIndex: Buffer },
): Promise<void> {
  if (await isOnList(tx, organizationId, emailIndex, domainOf(email))) return;
  throw new AppError('forbidden', 'registration_not_allowed');
}
