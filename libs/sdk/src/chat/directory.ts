import { ROUTES } from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import type { RelaisSession } from '../session/relais-session.js';
import { sameName } from './person.js';
import { printableName } from './printable.js';

/** More people than this are shown by their ids. */
const MAX_PEOPLE = 5_000;

/** Who is called how in the person's organization. */
export class Directory {
  private constructor(private readonly names: ReadonlyMap<UserId, string>) {}

  static async read(session: RelaisSession): Promise<Directory> {
    const names = new Map<UserId, string>();
    let cursor: string | undefined;
    do {
      const page = await session.call(ROUTES.listUsers, { cursor, limit: 200 }, { retry: true });
      for (const { id, displayName } of page.items) names.set(id, displayName);
      cursor = page.next;
    } while (cursor !== undefined && names.size < MAX_PEOPLE);
    return new Directory(names);
  }

  nameOf(id: UserId): string {
    return printableName(this.names.get(id) ?? id.slice(-8));
  }

  /** By full name, or by first name. @throws Error when nobody, or more than one, is called so */
  find(name: string): UserId {
    const people = [...this.names];
    const full = people.filter(([, called]) => sameName(called, name));
    const found = full.length > 0 ? full : people.filter(([, called]) => sameName(called.split(/\s/)[0] ?? '', name));
    if (found.length > 1) throw new Error(`more than one person is called ${name}`);
    if (!found[0]) throw new Error(`nobody is called ${name}`);
    return found[0][0];
  }
}
