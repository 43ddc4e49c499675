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

/** How many people a run may put out unasked: a share of those who came from the directory, and never more than so many. */
export const brakeAt = ({ brake }: Pick<DirectorySettings, 'brake'>, linked: number): number =>
  Math.min(Math.floor((linked * brake.percent) / 100), brake.people);
