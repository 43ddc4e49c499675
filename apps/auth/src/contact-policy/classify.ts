import type { Role } from '@relais/contracts';
import { newId, type PoolId, type UserId } from '@relais/kernel';
import { type ContactRules, isAdministrator, mayShare, type Person } from './decide.js';

const BOT = 'bot';

/** People of one class stand alike in everything that decides who may share a conversation. */
export const classNameOf = (person: Person): string =>
  person.audience ? BOT : `${isAdministrator(person) ? 'admin' : 'member'}:${[...person.poolIds].toSorted().join(',')}`;

/** Somebody who stands for a class. @returns null for what `classNameOf` has not made */
export function exampleOf(name: string): Person | null {
  if (name === BOT) return { id: newId<UserId>(), role: 'member', poolIds: [], audience: { userIds: [], poolIds: [] } };
  const [, kind, pools] = /^(admin|member):((?:[0-9a-f-]{36}(?:,|$))*)$/.exec(name) ?? [];
  if (kind === undefined || pools === undefined) return null;
  const role: Role = kind === 'admin' ? 'admin' : 'member';
  return { id: newId<UserId>(), role, poolIds: pools === '' ? [] : (pools.split(',') as PoolId[]) };
}

/** Per class those, itself possibly among them, whose people may not share a conversation with its people. */
export function apartness(rules: ContactRules, names: readonly string[]): number[][] {
  if (rules.mode === 'open') return names.map(() => []);
  const examples = names.map(exampleOf);
  // Two people of one class are two examples of it.
  const others = names.map(exampleOf);
  return examples.map((one) =>
    others.flatMap((other, index) => (one && other && !mayShare(rules, one, other) ? [index] : [])),
  );
}
