import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type ContactPoint, sendContactCode, verifyContactPoint } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { contactPointSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { CodeSender } from './code-sender.js';
import { countCode, tryCode, writeCode } from './contact-code-rows.postgres.js';
import { type ContactRow, findContact } from './contact-rows.postgres.js';
import { toContactPoint } from './contact-points.js';
import type { SealedAddress } from './sealed-address.js';

/** People show that an address is theirs by giving back what came there. */
@Injectable()
export class ContactCodesHandler {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly sender: CodeSender,
  ) {}

  @Serves(sendContactCode)
  async send(
    { contactPointId: id }: z.output<typeof sendContactCode.input>,
    { principal }: RequestContext,
  ): Promise<{ expiresAt: string }> {
    const { organizationId, userId } = principal;
    const { contact, address } = await this.open(organizationId, userId, id);
    if (contact.usable_since) throw sendContactCode.fail('contact_point_usable', 'it needs no code');
    if (!address || address.kind === 'webhook') throw sendContactCode.fail('contact_point_not_found');
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    const index = await this.sealing.codeIndex(organizationId, `${userId}.${id}`, code);
    const expiresAt = await this.db.within(organizationId, (tx) => this.write(tx, organizationId, userId, id, index));
    const outcome = await this.sender.send({ organizationId, id: newId(), address, code, locale: contact.locale });
    if (outcome === 'not_configured')
      throw sendContactCode.fail('way_not_configured', 'nobody has set up a provider for this way');
    if (outcome === 'failed') throw sendContactCode.fail('code_not_sent', 'try again in a minute');
    return { expiresAt: expiresAt.toISOString() };
  }

  @Serves(verifyContactPoint)
  async verify(
    { contactPointId: id, code }: z.output<typeof verifyContactPoint.input>,
    { principal }: RequestContext,
  ): Promise<ContactPoint> {
    const { organizationId, userId } = principal;
    const index = await this.sealing.codeIndex(organizationId, `${userId}.${id}`, code);
    const isRight = await this.db.within(organizationId, async (tx) => {
      const right = await tryCode(tx, organizationId, userId, id, index);
      await recordFact(tx, organizationId, {
        ...{ actor: userSubject(userId), action: 'contact-point.verified', object: contactPointSubject(id) },
        outcome: right ? 'done' : 'refused',
      });
      return right;
    });
    if (!isRight)
      throw verifyContactPoint.fail('code_refused', 'not the code, or too late, or too often: ask for another');
    const { contact, address } = await this.open(organizationId, userId, id);
    if (!address) throw verifyContactPoint.fail('code_refused');
    return toContactPoint(contact, address, true);
  }

  private async write(
    tx: Tx,
    organizationId: OrganizationId,
    userId: UserId,
    id: string,
    index: Buffer,
  ): Promise<Date> {
    const written = await writeCode(tx, organizationId, userId, id, index);
    if (!written) throw sendContactCode.fail('contact_codes_exhausted', 'one was just sent', { retryAfterMs: 60_000 });
    if (!(await countCode(tx, organizationId, userId)))
      throw sendContactCode.fail('contact_codes_exhausted', 'enough for a day', { retryAfterMs: 3_600_000 });
    await recordFact(tx, organizationId, {
      ...{ actor: userSubject(userId), action: 'contact-code.sent', object: contactPointSubject(id) },
    });
    return written.expires_at;
  }

  private async open(
    organizationId: OrganizationId,
    userId: UserId,
    id: string,
  ): Promise<{ contact: ContactRow; address: SealedAddress | null }> {
    const contact = await this.db.within(organizationId, (tx) => findContact(tx, organizationId, userId, id));
    if (!contact) throw sendContactCode.fail('contact_point_not_found');
    const key = `${userId}.${id}`;
    const address = await this.sealing.open<SealedAddress>(
      organizationId,
      'contact_point.address',
      key,
      contact.address_sealed,
    );
    return { contact, address };
  }
}
