import { Injectable } from '@nestjs/common';
import type { readMe } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { findOrganization } from '../organizations/organization-rows.postgres.js';
import { forbidden } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { findUser, toUser } from './user-rows.postgres.js';

/** The caller, as the caller may see themselves. */
@Injectable()
export class ReadMeHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
  ) {}

  async execute({ organizationId, userId }: Principal): Promise<z.input<typeof readMe.output>> {
    const { user, organization } = await this.db.within(organizationId, async (tx) => ({
      user: await findUser(tx, organizationId, userId),
      organization: await findOrganization(tx, organizationId),
    }));
    if (!user || !organization) throw forbidden('this account is not active');
    const { phone_sealed } = user;
    const sealed = [
      user.email_sealed,
      user.display_name_sealed,
      organization.name_sealed,
      ...(phone_sealed ? [phone_sealed] : []),
    ];
    const reader = await this.personal.reader(organizationId, sealed);
    return {
      ...toUser(reader, user),
      email: reader.open('app_user.email', userId, user.email_sealed),
      ...(phone_sealed ? { phone: reader.open('app_user.phone', userId, phone_sealed) } : {}),
      organizationId,
      organizationHandle: organization.handle,
      organizationName: reader.open('organization.name', organizationId, organization.name_sealed),
    };
  }
}
