import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { listAddresses, type PersonAddresses } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { PersonalData } from '../sealing/personal-data.js';
import { addressesOf, type ChangedAddress, changedAddresses } from './address-rows.postgres.js';

const BEGINNING = '0.00000000-0000-0000-0000-000000000000';

/** Where people of all organizations can be reached, as far as the directory knows, since another service has asked last. */
@Injectable()
export class ListAddressesHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
  ) {}

  @Serves(listAddresses)
  async execute({
    cursor = BEGINNING,
    limit,
  }: z.output<typeof listAddresses.input>): Promise<z.input<typeof listAddresses.output>> {
    const [xid = '0', userId = ''] = cursor.split('.');
    const changed = await this.db.outside((tx) => changedAddresses(tx, { xid, userId }, limit));
    const items: PersonAddresses[] = [];
    for (const [organizationId, all] of Map.groupBy(changed, ({ organization_id }) => organization_id))
      items.push(...(await this.open(organizationId, all)));
    const last = changed.at(-1);
    return { items, cursor: last ? `${last.xid}.${last.user_id}` : cursor, hasMore: changed.length === limit };
  }

  private async open(organizationId: OrganizationId, changed: readonly ChangedAddress[]): Promise<PersonAddresses[]> {
    const userIds = changed.map(({ user_id }) => user_id);
    const found = await this.db.within(organizationId, (tx) => addressesOf(tx, organizationId, userIds));
    const sealed = found.flatMap(({ email_sealed, phone_sealed }) => [
      email_sealed,
      ...(phone_sealed ? [phone_sealed] : []),
    ]);
    const reader = await this.personal.reader(organizationId, sealed);
    const known = new Map(found.map((row) => [row.id, row]));
    return userIds.map((userId: UserId) => {
      const row = known.get(userId);
      const email = row && reader.open('app_user.email', userId, row.email_sealed);
      const phone = row?.phone_sealed && reader.open('app_user.phone', userId, row.phone_sealed);
      return { organizationId, userId, ...(email ? { email } : {}), ...(phone ? { phone } : {}) };
    });
  }
}
