import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  type ContactAddress,
  type ContactPoint,
  LIMITS,
  listContactPoints,
  putContactPoint,
  removeContactPoint,
} from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Access } from '@relais/service';
import { Audiences } from '../audience.js';
import { contactPointSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import {
  type ContactRow,
  contactsOf,
  dropContact,
  findContact,
  holdPerson,
  insertContact,
} from './contact-rows.postgres.js';
import { NamedUrls } from './named-urls.js';
import { addressOf, placeOf, type SealedAddress, shown } from './sealed-address.js';

type Command = z.output<typeof putContactPoint.input>;
type Answer = z.input<typeof putContactPoint.output>;

/** E-mail addresses, phone numbers and webhooks of people: their own, or said by who may manage alarms. */
@Injectable()
export class ContactPointsHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly audiences: Audiences,
    private readonly sealing: Sealing,
    private readonly urls: NamedUrls,
  ) {}

  @Serves(putContactPoint)
  async put(command: Command, { principal }: RequestContext): Promise<Answer> {
    const { organizationId } = principal;
    const { address, contactPointId: id } = command;
    const { userId, isOwn } = await this.whose(principal, command);
    if (address.kind === 'webhook' && !this.urls.mayBeNamed(address.url))
      throw putContactPoint.fail('forbidden_address', 'its host is one that only machines of ours know');
    if (!isOwn) await this.assertThere(organizationId, userId);
    const content: SealedAddress = address.kind === 'webhook' ? { ...address, secret: newWebhookSecret() } : address;
    const contact = {
      ...{
        id,
        userId,
        kind: address.kind,
        locale: command.locale,
        origin: isOwn ? ('person' as const) : ('organization' as const),
      },
      ...{ isUsable: !isOwn || address.kind === 'webhook', index: await this.indexOf(organizationId, address) },
      sealed: await this.sealing.seal(organizationId, 'contact_point.address', `${userId}.${id}`, content),
    };
    return this.db.within(organizationId, async (tx) => {
      await holdPerson(tx, organizationId, userId);
      const known = await this.known(tx, organizationId, contact);
      if (known) return toContactPoint(known, content, isOwn);
      const written = await insertContact(tx, organizationId, contact);
      if (!written) throw putContactPoint.fail('contact_point_exists');
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(principal.userId), action: 'contact-point.added', object: contactPointSubject(id) },
        after: { userId, kind: contact.kind, origin: contact.origin },
      });
      const point = toContactPoint(written, content, isOwn);
      return { ...point, ...(content.kind === 'webhook' ? { secret: content.secret } : {}) };
    });
  }

  @Serves(listContactPoints)
  async list(
    asked: z.output<typeof listContactPoints.input>,
    { principal }: RequestContext,
  ): Promise<{ items: ContactPoint[] }> {
    const { organizationId } = principal;
    const { userId, isOwn } = await this.whose(principal, asked);
    const found = await this.db.within(organizationId, (tx) => contactsOf(tx, organizationId, userId));
    const opened = await this.sealing.openAll<SealedAddress>(
      organizationId,
      'contact_point.address',
      found.map(({ user_id, id, address_sealed: sealed }) => ({ id: `${user_id}.${id}`, sealed })),
    );
    return { items: found.flatMap((one, at) => (opened[at] ? [toContactPoint(one, opened[at], isOwn)] : [])) };
  }

  @Serves(removeContactPoint)
  async remove(
    command: z.output<typeof removeContactPoint.input>,
    { principal }: RequestContext,
  ): Promise<Record<string, never>> {
    const { organizationId } = principal;
    const { userId } = await this.whose(principal, command);
    return this.db.within(organizationId, async (tx) => {
      const gone = await dropContact(tx, organizationId, userId, command.contactPointId);
      if (!gone) throw removeContactPoint.fail('contact_point_not_found');
      await recordFact(tx, organizationId, {
        actor: userSubject(principal.userId),
        ...{ action: 'contact-point.removed', object: contactPointSubject(gone.id) },
        before: { userId, kind: gone.kind, origin: gone.origin },
      });
      return {};
    });
  }

  private async whose(
    principal: Principal,
    { userId = principal.userId }: { userId?: UserId | undefined },
  ): Promise<{ userId: UserId; isOwn: boolean }> {
    const isOwn = userId === principal.userId;
    if (!isOwn) await this.access.assertMay(principal, 'manage_alarms');
    return { userId, isOwn };
  }

  private async assertThere(organizationId: OrganizationId, userId: UserId): Promise<void> {
    const [found] = await this.audiences.expand(organizationId, null, {
      ...{ userIds: [userId], poolIds: [], everyone: false },
    });
    if (!found) throw putContactPoint.fail('user_not_found');
  }

  private indexOf(organizationId: OrganizationId, address: ContactAddress): Promise<Buffer> {
    return this.sealing.destinationIndex(organizationId, address.kind, placeOf(address));
  }

  /** The same again changes nothing, whoever it is from; another address under its id is another thing. */
  private async known(
    tx: Tx,
    organizationId: OrganizationId,
    { id, userId, index, kind }: { id: string; userId: UserId; index: Buffer; kind: string },
  ): Promise<ContactRow | null> {
    const same = await findContact(tx, organizationId, userId, id);
    if (same && (same.kind !== kind || !same.address_index.equals(index)))
      throw putContactPoint.fail('contact_point_id_reused');
    if (same) return same;
    const all = (await contactsOf(tx, organizationId, userId)).filter(({ origin }) => origin !== 'directory');
    if (all.length >= LIMITS.contactPoints)
      throw putContactPoint.fail('too_many_contact_points', `there are ${all.length}: take one away`);
    return null;
  }
}

/** As Standard Webhooks write it. */
const newWebhookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

export const toContactPoint = (
  { id, kind, origin, usable_since, added_at }: ContactRow,
  content: SealedAddress,
  isOwn: boolean,
): ContactPoint => ({
  ...{ id: id as ContactPoint['id'], kind, origin, shown: shown(addressOf(content), isOwn) },
  ...{ isUsable: usable_since !== null, addedAt: added_at.toISOString() },
});
