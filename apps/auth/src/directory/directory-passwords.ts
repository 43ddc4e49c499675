import { Injectable } from '@nestjs/common';
import type { DirectorySettings } from '@relais/contracts';
import { Clock, newId, type OrganizationId, type UserId } from '@relais/kernel';
import type { Client } from 'ldapts';
import { Database, type Tx } from '../database/database.js';
import { row } from '../database/sql.js';
import { PersonalData } from '../sealing/personal-data.js';
import { isActive, STATE_ATTRIBUTES } from './account-state.js';
import { findDirectory, type DirectoryRow, listDirectoryRows } from './directory-rows.postgres.js';
import { DirectorySecrets } from './directory-settings.js';
import { openDirectory } from './ldap-client.js';

/** Nobody waits longer than this for a directory before they are let in without it. */
const TIMEOUT_MS = 1_000;
/** How long the word of a directory about an account holds. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 10_000;

export type Verdict = 'right' | 'wrong' | 'unknown';

interface Home {
  directory: DirectoryRow;
  dn: string;
}

/**
 * Asks the directory a person came from. It may say no; when it is away, slow or does not know the person, what Relais knows
 * by itself decides, so that people sign in on the day the directory is down (T-22).
 */
@Injectable()
export class DirectoryPasswords {
  private readonly active = new Map<string, { isActive: boolean; untilMs: number }>();

  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly secrets: DirectorySecrets,
    private readonly clock: Clock,
  ) {}

  /**
   * Whether this is the person's password there; `unknown` where the directory has no say in it. Where people sign in with the
   * password of a directory, who is none of them, or nobody at all, is refused no sooner than they are.
   */
  async verify(
    organizationId: OrganizationId,
    userId: UserId,
    password: string,
    isRightHere: boolean,
  ): Promise<Verdict> {
    const home = await this.homeOf(organizationId, userId);
    if (!home) {
      if (!isRightHere) await this.askAboutNobody(organizationId, password);
      return 'unknown';
    }
    const settings = await this.secrets.openSettings(organizationId, home.directory);
    if (!asksPasswords(settings)) return 'unknown';
    // A bind with a name and no password succeeds at every server, as nobody (RFC 4513, 5.1.2).
    return password === '' ? 'wrong' : bind(settings, home.dn, password);
  }

  private async askAboutNobody(organizationId: OrganizationId, password: string): Promise<void> {
    const directories = await this.db.within(organizationId, (tx) => listDirectoryRows(tx, organizationId));
    for (const directory of directories) {
      const settings = await this.secrets.openSettings(organizationId, directory);
      if (asksPasswords(settings))
        return void (await bind(settings, `cn=${newId()},${settings.people.base}`, password));
    }
  }

  /** Whether the directory says that the account is disabled or expired; asked again after a minute. */
  async isPutOut(organizationId: OrganizationId, userId: UserId): Promise<boolean> {
    const key = `${organizationId}/${userId}`;
    const known = this.active.get(key);
    const nowMs = this.clock.now().getTime();
    if (known && known.untilMs > nowMs) return !known.isActive;
    const home = await this.homeOf(organizationId, userId);
    // No brake holds here, as it does at runs: a bot's directory could put all of its people out at once.
    if (!home || home.directory.is_said_by_bot) return false;
    const settings = await this.secrets.openSettings(organizationId, home.directory);
    if (!settings.enabled) return false;
    const found = await this.ask(settings, home.dn).catch(() => true);
    if (this.active.size >= MAX_REMEMBERED) this.active.clear();
    this.active.set(key, { isActive: found, untilMs: nowMs + REMEMBERED_MS });
    return !found;
  }

  /** Somebody who is not found may have moved: the next run knows. */
  private async ask(settings: DirectorySettings, dn: string): Promise<boolean> {
    const client: Client = await openDirectory(settings, TIMEOUT_MS);
    try {
      const { searchEntries } = await client.search(dn, { scope: 'base', attributes: STATE_ATTRIBUTES });
      const [entry] = searchEntries;
      return entry === undefined || isActive(entry, this.clock.now());
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }

  private async homeOf(organizationId: OrganizationId, userId: UserId): Promise<Home | null> {
    const found = await this.db.within(organizationId, (tx) => readHome(tx, organizationId, userId));
    if (!found) return null;
    const place = { organizationId, column: 'external_identity.place', rowId: userId } as const;
    return { directory: found.directory, dn: await this.personal.open(place, found.placeSealed) };
  }
}

const asksPasswords = ({ enabled, passwordLogin }: DirectorySettings): boolean => enabled && passwordLogin;

async function bind(settings: DirectorySettings, dn: string, password: string): Promise<Verdict> {
  try {
    const client = await openDirectory({ ...settings, bindDn: dn, bindPassword: password }, TIMEOUT_MS);
    await client.unbind().catch(() => undefined);
    return 'right';
  } catch (error) {
    return error instanceof Error && error.message.includes('bind name or password is wrong') ? 'wrong' : 'unknown';
  }
}

async function readHome(tx: Tx, organizationId: OrganizationId, userId: UserId) {
  const identity = await row<{ source_id: string; place_sealed: Buffer }>(
    tx,
    // A person may be known to identity providers as well.
    `SELECT e.source_id, e.place_sealed FROM external_identity e
     JOIN directory d ON d.organization_id = e.organization_id AND d.id = e.source_id
     WHERE e.organization_id = $1 AND e.user_id = $2 LIMIT 1`,
    [organizationId, userId],
  );
  const directory = identity && (await findDirectory(tx, organizationId, identity.source_id));
  return directory && { directory, placeSealed: identity.place_sealed };
}
