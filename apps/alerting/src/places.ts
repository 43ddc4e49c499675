import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type Area, findPeopleNear, raiseAlarm } from '@relais/contracts';
import { AppError, type OrganizationId, type UserId } from '@relais/kernel';

/** Who is near a place. Asked when an alarm is raised, of a service that not every installation has. */
@Injectable()
export class Places {
  constructor(private readonly bus: Bus) {}

  /** @throws AppError `places_unavailable` where nobody knows where people are, or does not say in time */
  async near(organizationId: OrganizationId, area: Area): Promise<UserId[]> {
    try {
      return (await this.bus.request(findPeopleNear, { organizationId, area })).userIds;
    } catch (error) {
      const { kind } = AppError.from(error);
      if (kind !== 'unavailable' && kind !== 'timeout') throw error;
      const says = 'nothing here knows where people are: name people, pools or rosters instead';
      throw raiseAlarm.fail('places_unavailable', says, { cause: error });
    }
  }
}
