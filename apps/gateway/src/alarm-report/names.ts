import type { Bus } from '@relais/bus';
import { listUsers } from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';

export const PAGE = 200;
/** More people than an organization is meant to have: whatever is asked for comes to an end. */
export const MOST_PAGES = 500;

/** The name of whoever the reader may see; the id of everybody else. */
export async function readNames(bus: Bus, { token }: Principal): Promise<(userId: UserId) => string> {
  const names = new Map<UserId, string>();
  let cursor: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await bus.request(listUsers, { limit: PAGE, ...(cursor ? { cursor } : {}) }, { token });
    for (const { id, displayName } of page.items) names.set(id, displayName);
    if (!page.next) break;
    cursor = page.next;
  }
  return (userId) => names.get(userId) ?? userId;
}
