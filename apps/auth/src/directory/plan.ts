import { createHash } from 'node:crypto';
import type { DirectoryChange, DirectorySettings, Role } from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import type { DirectoryRecord } from './read-directory.js';

/** What we know of somebody who came from the directory. */
export interface Linked {
  userId: UserId;
  digest: Buffer;
  isActive: boolean;
  role: Role;
}

/** Stands for somebody whom the directory has put out: it does not show them any more, or shows them as disabled. */
export const PUT_OUT = Buffer.alloc(32);

/** The same for the same record, so that a person who has not changed costs nothing. */
export const digestOf = (record: DirectoryRecord): Buffer =>
  createHash('sha256')
    .update(
      JSON.stringify([
        ...[record.externalId, record.dn, record.email, record.displayName, record.isActive, record.role],
        ...record.poolIds,
        ...phoneParts(record),
      ]),
    )
    .digest();

/** Nothing for who has no number: they have the digest they always had. */
const phoneParts = ({ phone, hasBadPhone }: DirectoryRecord): string[] =>
  phone ? [`phone:${phone}`] : hasBadPhone ? ['phone:?'] : [];

/** What earlier releases wrote down, which knew no numbers, of somebody whom the directory shows as disabled. */
const earlierPutOut = ({ phone: _, hasBadPhone: __, ...record }: DirectoryRecord): Buffer =>
  digestOf({ ...record, isActive: false });

/**
 * What to do about a person whom the directory shows. Who was disabled by the directory comes back when the directory says
 * so; who was disabled by hand stays out, whatever the directory says.
 */
export function changeFor(record: DirectoryRecord, linked: Linked | undefined): DirectoryChange['kind'] | null {
  if (!linked) return record.isActive ? 'create' : null;
  const isSame = linked.digest.equals(digestOf(record));
  if (linked.isActive) return record.isActive ? (isSame ? null : 'update') : 'disable';
  const wasPutOutByDirectory = linked.digest.equals(PUT_OUT) || linked.digest.equals(earlierPutOut(record));
  return record.isActive && wasPutOutByDirectory ? 'enable' : null;
}

/** Whether the change gives the power of an administrator to somebody who has none now. Owners stay owners, whatever it says. */
export function raisesRole(
  kind: DirectoryChange['kind'],
  record: Pick<DirectoryRecord, 'role'>,
  linked: Pick<Linked, 'role' | 'isActive'> | undefined,
): boolean {
  if (kind === 'disable') return false;
  const hasPower = linked !== undefined && linked.isActive && linked.role !== 'member';
  const getsPower = record.role !== 'member' || linked?.role === 'owner';
  return getsPower && !hasPower;
}

/** How many people a run may put out unasked: a share of those who came from the directory, and never more than so many. */
export const brakeAt = ({ brake }: Pick<DirectorySettings, 'brake'>, linked: number): number =>
  Math.min(Math.floor((linked * brake.percent) / 100), brake.people);

/**
 * Why a run waits for somebody's approval; null where it need not. Whoever can write a group that gives a role would else make
 * themselves an administrator (T-21). A bot's directory raises nobody: see `applyChange`.
 */
export function objection(
  { disables, linked, raises }: { disables: number; linked: number; raises: number },
  settings: Pick<DirectorySettings, 'brake' | 'groups'>,
  isSaidByBot: boolean,
): string | null {
  const limit = brakeAt(settings, linked);
  const says: string[] = [];
  if (disables > limit)
    says.push(`it would put out ${disables} of ${linked} people, and more than ${limit} need somebody's approval`);
  if (raises > 0 && settings.groups?.raisesRoles !== 'apply' && !isSaidByBot)
    says.push(`it would give ${raises} of its people more than a member may, and that needs somebody's approval`);
  return says.length > 0 ? says.join('; ') : null;
}
