import { type AuthenticationPolicy, authenticationPolicy, type DevicePlatform } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { Tx } from '../database/database.js';
import { row, rows } from '../database/sql.js';
import { strictest } from './strength.js';

export interface PolicyRow {
  document: AuthenticationPolicy;
  updated_at: Date;
}

export const findPolicy = (tx: Tx, organizationId: OrganizationId, subjectId: string): Promise<PolicyRow | null> =>
  row(
    tx,
    'SELECT a.document, a.updated_at FROM authentication_policy a WHERE a.organization_id = $1 AND a.subject_id = $2',
    [organizationId, subjectId],
  );

/** Whether it is the organization itself or one of its pools. */
export async function isPolicySubject(tx: Tx, organizationId: OrganizationId, subjectId: string): Promise<boolean> {
  if (subjectId === organizationId) return true;
  const pool = await row(tx, 'SELECT p.id FROM pool p WHERE p.organization_id = $1 AND p.id = $2', [
    organizationId,
    subjectId,
  ]);
  return pool !== null;
}

/** Whether the device that asks is one of these. */
export async function isOnPlatform(
  tx: Tx,
  { organizationId, deviceId }: Pick<Principal, 'organizationId' | 'deviceId'>,
  platforms: readonly DevicePlatform[],
): Promise<boolean> {
  const device = await row(
    tx,
    'SELECT d.id FROM device d WHERE d.organization_id = $1 AND d.id = $2 AND d.platform = ANY ($3::text[])',
    [organizationId, deviceId, platforms],
  );
  return device !== null;
}

export async function writePolicy(
  tx: Tx,
  organizationId: OrganizationId,
  subjectId: string,
  policy: AuthenticationPolicy,
  now: Date,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO authentication_policy (organization_id, subject_id, document, updated_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (organization_id, subject_id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at`,
    [organizationId, subjectId, JSON.stringify(policy), now],
  );
}

/** What holds for a person: the strictest of the organization's policy and those of their pools. */
export async function policyOf(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<AuthenticationPolicy> {
  const found = await rows<PolicyRow>(
    tx,
    `SELECT a.document FROM authentication_policy a WHERE a.organization_id = $1 AND (a.subject_id = $1 OR a.subject_id IN (
       SELECT p.pool_id FROM pool_user p WHERE p.organization_id = $1 AND p.user_id = $2))`,
    [organizationId, userId],
  );
  const [first, ...others] = found.map(({ document }) => authenticationPolicy.parse(document));
  return others.reduce(strictest, first ?? authenticationPolicy.parse({}));
}
