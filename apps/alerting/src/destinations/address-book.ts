import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { listAddresses, type PersonAddresses } from '@relais/contracts';
import { Database } from '@relais/database';
import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import type { Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { Sealing } from '../sealing.js';
import { type DirectoryContact, readCursor, writeCursor, writeDirectoryContacts } from './address-rows.postgres.js';
import type { SealedAddress } from './sealed-address.js';

const EVERY_SECONDS = 180;
/** What is left when the time for one errand is over goes into the next, which comes at once. */
const GO_ON_SECONDS = 1;
const LOCALE = 'en';

/**
 * Copies what auth knows of where people can be reached, since it looked last: an alarm must not need auth. What is done twice
 * is the same as once; the cursor moves after what is before it was written.
 */
@Injectable()
export class AddressBook {
  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly sealing: Sealing,
  ) {}

  @Errand('address-book')
  async refresh(_: Timer, signal: AbortSignal): Promise<number> {
    while (!signal.aborted) {
      const cursor = await this.db.outside(readCursor);
      const page = await this.bus.request(listAddresses, { ...(cursor ? { cursor } : {}) });
      for (const [organizationId, people] of Map.groupBy(page.items, (one) => one.organizationId))
        await this.write(organizationId, people);
      if (page.cursor) await this.db.outside((tx) => writeCursor(tx, page.cursor as string));
      if (!page.hasMore) return EVERY_SECONDS;
    }
    return GO_ON_SECONDS;
  }

  private async write(organizationId: OrganizationId, people: readonly PersonAddresses[]): Promise<void> {
    const contacts: DirectoryContact[] = [];
    for (const { userId, email, phone } of people) {
      if (email) contacts.push(await this.seal(organizationId, userId, { kind: 'email', address: email }));
      if (phone) contacts.push(await this.seal(organizationId, userId, { kind: 'phone', number: phone }));
    }
    const userIds = people.map(({ userId }) => userId);
    await this.db.within(organizationId, (tx) => writeDirectoryContacts(tx, organizationId, userIds, contacts));
  }

  private async seal(
    organizationId: OrganizationId,
    userId: UserId,
    address: Exclude<SealedAddress, { kind: 'webhook' }>,
  ): Promise<DirectoryContact> {
    const id = newId();
    const place = address.kind === 'email' ? address.address : address.number;
    return {
      ...{ id, user_id: userId, kind: address.kind, locale: LOCALE },
      index: (await this.sealing.destinationIndex(organizationId, address.kind, place)).toString('hex'),
      sealed: (await this.sealing.seal(organizationId, 'contact_point.address', `${userId}.${id}`, address)).toString(
        'hex',
      ),
    };
  }
}
