import { Injectable } from '@nestjs/common';
import type { PushTarget } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import { countDeadToken } from '../drills/drill-rows.postgres.js';
import { contactPointSubject, deviceSubject, recordFact, systemSubject } from '../facts/record-fact.js';
import { destinationDied } from '../metrics.js';
import { Sealing } from '../sealing.js';
import { type Destination, Destinations, KINDS, type OutsidePath } from '../senders/destinations.js';
import { settingsOf } from '../settings-rows.postgres.js';
import { type ContactRow, makeUseless, usableContacts } from './contact-rows.postgres.js';
import { anyPush, dropPushes, pushesOf, type PushRow } from './push-rows.postgres.js';
import type { SealedAddress } from './sealed-address.js';

/** Destinations as they are in alerting's own database. Two statements for any number of people. */
@Injectable()
export class PostgresDestinations extends Destinations {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
  ) {
    super();
  }

  override async of(
    organizationId: OrganizationId,
    userIds: readonly UserId[],
    path: OutsidePath,
  ): Promise<ReadonlyMap<UserId, readonly Destination[]>> {
    if (path === 'push') return byUser(await this.pushes(organizationId, userIds));
    const found = await this.db.within(organizationId, (tx) => contactsFor(tx, organizationId, userIds, path));
    return byUser(await this.contacts(organizationId, onlyOnce(found)));
  }

  override anyToWake(organizationId: OrganizationId): Promise<boolean> {
    return this.db.within(organizationId, (tx) => anyPush(tx, organizationId));
  }

  /** A registration goes; an address that somebody wrote down stays to be seen, and is of no use. */
  override async forget(organizationId: OrganizationId, { id, deviceId, address }: Destination): Promise<void> {
    const object = deviceId ? deviceSubject(deviceId) : contactPointSubject(id);
    const isNew = await this.db.within(organizationId, async (tx) => {
      const gone = deviceId ? await dropPushes(tx, organizationId, { id }) : await makeUseless(tx, organizationId, id);
      if (gone.length === 0) return false;
      if (deviceId) await countDeadToken(tx, organizationId);
      await recordFact(tx, organizationId, {
        ...{ actor: systemSubject('provider', address.kind), object, after: { kind: address.kind } },
        action: deviceId ? 'push-registration.removed' : 'contact-point.unusable',
      });
      return true;
    });
    if (isNew) destinationDied(address.kind);
  }

  private async pushes(organizationId: OrganizationId, userIds: readonly UserId[]): Promise<Destination[]> {
    const found = await this.db.within(organizationId, (tx) => pushesOf(tx, organizationId, userIds));
    const opened = await this.sealing.openAll<PushTarget>(
      organizationId,
      'push_registration.target',
      found.map(({ device_id, kind, target_sealed: sealed }) => ({ id: `${device_id}.${kind}`, sealed })),
    );
    return found.flatMap((row, at) => (opened[at] ? [toPush(row, opened[at])] : []));
  }

  private async contacts(organizationId: OrganizationId, found: readonly ContactRow[]): Promise<Destination[]> {
    const opened = await this.sealing.openAll<SealedAddress>(
      organizationId,
      'contact_point.address',
      found.map(({ user_id, id, address_sealed: sealed }) => ({ id: `${user_id}.${id}`, sealed })),
    );
    return found.flatMap(({ id, user_id: userId, locale }, at) =>
      opened[at] ? [{ id, userId, locale, address: opened[at] }] : [],
    );
  }
}

async function contactsFor(
  tx: Tx,
  organizationId: OrganizationId,
  userIds: readonly UserId[],
  path: Exclude<OutsidePath, 'push'>,
): Promise<ContactRow[]> {
  const [kind] = KINDS[path] as readonly [ContactRow['kind']];
  const { directoryAddresses } = await settingsOf(tx, organizationId);
  const withDirectory = path !== 'webhook' && directoryAddresses[path];
  return usableContacts(tx, organizationId, userIds, kind, withDirectory);
}

const toPush = ({ id, user_id: userId, device_id: deviceId, locale }: PushRow, target: PushTarget): Destination =>
  ({ id, userId, deviceId, locale, address: target }) as Destination;

/** The directory may say what somebody said themselves, too. */
function onlyOnce(found: readonly ContactRow[]): ContactRow[] {
  const seen = new Set<string>();
  return found.filter(({ user_id, address_index }) => {
    const key = `${user_id}.${address_index.toString('base64')}`;
    return !seen.has(key) && seen.add(key);
  });
}

const byUser = (all: readonly Destination[]): Map<UserId, Destination[]> => Map.groupBy(all, ({ userId }) => userId);
