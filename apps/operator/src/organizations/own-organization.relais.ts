import { type PeopleQuota, ROUTES } from '@relais/contracts';
import type { BotApi } from '../relais/bot-api.js';
import { OwnOrganization } from './own-organization.js';

/** Over the gateways' API, as any bot. */
export class RelaisOwnOrganization extends OwnOrganization {
  constructor(private readonly api: BotApi) {
    super();
  }

  readQuota(): Promise<PeopleQuota> {
    return this.api.call(ROUTES.readPeopleQuota, {});
  }

  setQuota(maxPeople: number | null): Promise<PeopleQuota> {
    return this.api.call(ROUTES.setPeopleQuota, { maxPeople });
  }

  close(): Promise<void> {
    return this.api.close();
  }
}
