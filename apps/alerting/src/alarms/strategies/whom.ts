import { Injectable } from '@nestjs/common';
import type { Area, Audience } from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { Places } from '../../places.js';
import { holdersOf } from '../../qualifications/qualification-rows.postgres.js';
import { QualificationsHandler } from '../../qualifications/qualifications.js';
import type { Position } from './fill-positions.js';

interface Asked {
  audience: Omit<Audience, 'near'> & { near?: Area | undefined };
  positions: readonly Position[];
}

/** Turns what an audience says of people without naming them into people: what they hold, and where they are. */
@Injectable()
export class Whom {
  constructor(
    private readonly db: Database,
    private readonly qualifications: QualificationsHandler,
    private readonly places: Places,
  ) {}

  /** @throws AppError `qualification_not_found`, `places_unavailable` */
  async settle(organizationId: OrganizationId, { audience, positions }: Asked): Promise<Audience> {
    const { qualificationIds, near } = audience;
    const asked = positions.map(({ qualificationId }) => qualificationId);
    await this.qualifications.assertAll(organizationId, [...new Set([...qualificationIds, ...asked])]);
    const holders =
      qualificationIds.length > 0
        ? await this.db.within(organizationId, (tx) => holdersOf(tx, organizationId, qualificationIds))
        : [];
    const around = near ? await this.places.near(organizationId, near) : [];
    return { ...audience, userIds: [...new Set([...audience.userIds, ...holders, ...around])] };
  }
}
