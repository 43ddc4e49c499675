import { Injectable } from '@nestjs/common';
import type { deviceLeft, userRemoved } from '@relais/contracts';
import { Database } from '@relais/database';
import type { z } from 'zod';
import { deviceSubject, recordFact, systemSubject } from '../facts/record-fact.js';
import { forgetPerson } from './contact-rows.postgres.js';
import { dropPushes } from './push-rows.postgres.js';

/** People and devices that are not there any more are reached nowhere. Idempotent by nature: what is gone is gone. */
@Injectable()
export class DeparturesHandler {
  constructor(private readonly db: Database) {}

  async user({ organizationId, userId }: z.output<typeof userRemoved.data>): Promise<void> {
    await this.db.within(organizationId, (tx) => forgetPerson(tx, organizationId, userId));
  }

  /** One that comes back into use registers anew when its app starts. */
  async device({ organizationId, userId, deviceId }: z.output<typeof deviceLeft.data>): Promise<void> {
    await this.db.within(organizationId, async (tx) => {
      for (const { kind } of await dropPushes(tx, organizationId, { deviceId, userId }))
        await recordFact(tx, organizationId, {
          ...{ actor: systemSubject('departure'), action: 'push-registration.removed' },
          ...{ object: deviceSubject(deviceId), after: { kind } },
        });
    });
  }
}
