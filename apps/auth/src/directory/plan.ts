import { createHash } from 'node:crypto';
import type { DirectoryChange, DirectorySettings } from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import type { DirectoryRecord } from './read-directory.js';

/** What we know of somebody who came from the directory. */
export interface Linked {
  userId: UserId;
  digest: Buffer;
  isActive: boolean;
}

/** Stands for somebody whom the directory does not show any more. */
export const ABSENT = Buffer.alloc(32);

/** The same for the same record, so that a person who has not changed costs nothing. */
export const digestOf = (record: DirectoryRecord): Buffer =>
  createHash('sha256')
    .update(
      JSON.stringify([
        ...[record.externalId, record.dn, record.email, record.displayName, record.isActive, record.role],
        ...record.poolIds,
      ]),
    )
    .digest();

/**
 * What to do about a person whom the directory shows. Who was disabled by the directory comes back when the directory says
 * so; who was disabled by hand stays out, whatever the directory says.
 */
export function changeFor(record: DirectoryRecord, linked: Linked | undefined): DirectoryChange['kind'] | null {
  if (!linked) return record.isActive ? 'create' : null;
  const isSame = linked.digest.equals(digestOf(record));
  if (linked.isActive) return record.isActive ? (isSame ? null : 'update') : 'disable';
  const wasPutOutByDirectory =
    linked.digest.equals(ABSENT) || linked.digest.equals(digestOf({ ...record, isActive: false }));
  if (record.isActive && wasPutOutByDirectory) return 'enable';
  return null;
}

/** How many people a run may put out unasked: a share of those who came from the directory, and never more than so many. */
export const brakeAt = ({ brake }: Pick<DirectorySettings, 'brake'>, linked: number): number =>
  Math.min(Math.floor((linked * brake.percent) / 100), brake.people);
