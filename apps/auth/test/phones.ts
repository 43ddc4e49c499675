import type { OrganizationId, UserId } from '@relais/kernel';
import { addressesOf } from '../src/addresses/address-rows.postgres.js';
import { ListAddressesHandler } from '../src/addresses/list-addresses.js';
import type { Member, World } from './world.js';

/** The number that is kept of somebody who is active; null for none. */
export async function phoneOf(world: World, { tokens }: Member, userId: string): Promise<string | null> {
  const { organizationId } = tokens;
  const sealed = (await keptOf(world, organizationId, userId))?.phone_sealed;
  return sealed ? world.personal.open({ organizationId, column: 'app_user.phone', rowId: userId }, sealed) : null;
}

export async function emailOf(world: World, { tokens }: Member, userId: string): Promise<string | null> {
  const { organizationId } = tokens;
  const sealed = (await keptOf(world, organizationId, userId))?.email_sealed;
  return sealed ? world.personal.open({ organizationId, column: 'app_user.email', rowId: userId }, sealed) : null;
}

async function keptOf(world: World, organizationId: OrganizationId, userId: string) {
  const found = await world.database.within(organizationId, (tx) =>
    addressesOf(tx, organizationId, [userId as UserId]),
  );
  return found[0];
}

/** Follows the list that alerting copies until it says this of somebody; Jest's patience is the deadline. */
export async function toldPhone(world: World, userId: string, phone: string | undefined): Promise<void> {
  let cursor: string | undefined;
  for (;;) {
    const page = await world.app.get(ListAddressesHandler).execute({ cursor, limit: 500 });
    if (page.items.some((one) => one.userId === userId && one.phone === phone)) return;
    cursor = page.cursor;
    if (!page.hasMore) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
