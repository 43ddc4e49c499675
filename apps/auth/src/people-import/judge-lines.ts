import { email as emailSchema, type ImportProblem, LIMITS, label, type Role } from '@relais/contracts';
import type { PoolId } from '@relais/kernel';
import { firstPhone, type FoundPhone } from '../addresses/phone.js';
import { reaches } from '../permissions/permissions.js';
import type { CsvPerson } from './read-people-csv.js';

/** Somebody who can be made, as far as the line itself tells. */
export interface Newcomer extends FoundPhone {
  line: number;
  email: string;
  displayName: string;
  role: Exclude<Role, 'owner'>;
  poolIds: PoolId[];
}
export interface Refused {
  line: number;
  problem: ImportProblem;
  says: string;
}
export type Judged = Newcomer | Refused;

const displayName = label(LIMITS.displayNameBytes);

/** What each line asks for, or what is wrong with it. */
export function judgeLines(
  people: readonly CsvPerson[],
  { ownRole, pools }: { ownRole: Role; pools: readonly { id: PoolId; name: string }[] },
): Judged[] {
  const idsOf = Map.groupBy(pools, ({ name }) => name.trim().toLowerCase());
  const seen = new Map<string, number>();
  return people.map((person): Judged => {
    const refused = (problem: ImportProblem, says: string): Refused => ({ line: person.line, problem, says });
    const address = emailSchema.safeParse(person.email);
    if (!address.success) return refused('email_invalid', `"${person.email.slice(0, 80)}" is no e-mail address`);
    const key = address.data.toLowerCase();
    const before = seen.get(key);
    if (before !== undefined) return refused('twice_in_file', `line ${before} has this address: take one of them out`);
    seen.set(key, person.line);
    if (!displayName.safeParse(person.name).success) return refused('name_missing', 'give a name of at most 256 bytes');
    const role = person.role === '' ? 'member' : person.role;
    if (role !== 'member' && role !== 'admin') return refused('role_unknown', 'a role is member or admin');
    if (!reaches(ownRole, role)) return refused('role_above_own', 'nobody gives a role above their own');
    const poolIds: PoolId[] = [];
    for (const name of person.pools) {
      const [pool, another] = idsOf.get(name.toLowerCase()) ?? [];
      if (!pool) return refused('pool_unknown', `there is no pool "${name.slice(0, 80)}": make it first`);
      if (another) return refused('pool_ambiguous', `there are several pools "${name.slice(0, 80)}": rename one`);
      poolIds.push(pool.id);
    }
    return {
      ...{ line: person.line, email: address.data, displayName: person.name, role },
      ...{ poolIds: [...new Set(poolIds)], ...firstPhone([person.phone]) },
    };
  });
}
