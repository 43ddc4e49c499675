import { notTaken } from '@relais/contracts';

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where a page goes on: after this id. Opaque to callers. */
export const toCursor = (id: string): string => Buffer.from(id).toString('base64url');

/** @throws AppError `invalid_request` for anything `toCursor` has not made */
export function fromCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const id = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!ID.test(id)) throw notTaken('malformed cursor');
  return id;
}
