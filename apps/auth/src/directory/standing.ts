import { createHash } from 'node:crypto';
import type { UserRow } from '../users/user-rows.postgres.js';
import type { ChangeMark } from './run-rows.postgres.js';

/** What a run may change about a person. */
export type Standing = Pick<
  UserRow,
  'role' | 'state' | 'pool_ids' | 'display_name_sealed' | 'email_sealed' | 'phone_sealed'
>;

/** The same only as long as nobody has changed the person: what is sealed anew differs, even when it says the same. */
export function standingDigest(person: Standing): Buffer {
  const sealed = [person.display_name_sealed, person.email_sealed, person.phone_sealed];
  const texts = sealed.map((one) => one?.toString('base64') ?? null);
  const all = [person.role, person.state, [...person.pool_ids].sort(), ...texts];
  return createHash('sha256').update(JSON.stringify(all)).digest();
}

/** What it takes to bring a person back to where they are now. */
export const beforeMark = (user: UserRow): ChangeMark => ({
  before: { role: user.role, state: user.state, poolIds: user.pool_ids },
  before_sealed: user.display_name_sealed,
  before_email_index: user.email_index,
  before_email_sealed: user.email_sealed,
  before_phone_sealed: user.phone_sealed,
});
