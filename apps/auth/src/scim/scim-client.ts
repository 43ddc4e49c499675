import { type ProvisioningSettings, provisioningSettings } from '@relais/contracts';
import { Injectable } from '@nestjs/common';
import { Clock, type OrganizationId } from '@relais/kernel';
import { Database } from '../database/database.js';
import { systemSubject } from '../facts/record-fact.js';
import { PersonalData } from '../sealing/personal-data.js';
import { hashOf, parseScopedSecret } from '../secrets/scoped-secret.js';
import { findClientBySecret, type ProvisioningRow } from './provisioning-rows.postgres.js';
import { ScimError } from './scim-error.js';

/** Who speaks SCIM with us. */
export interface ScimClient {
  organizationId: OrganizationId;
  clientId: string;
  settings: ProvisioningSettings;
}

export const clientSubject = (clientId: string) => systemSubject('provisioning_client', clientId);

@Injectable()
export class ScimClients {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly clock: Clock,
  ) {}

  /** @throws ScimError 401 for any secret that is not one, without saying why */
  async authenticate(bearer: string): Promise<ScimClient> {
    const secret = parseScopedSecret(bearer);
    const found =
      secret &&
      (await this.db.within(secret.organizationId, (tx) =>
        findClientBySecret(tx, secret.organizationId, hashOf(secret), this.clock.now()),
      ));
    if (!found) throw new ScimError(401, 'the bearer secret of a provisioning client is needed');
    const { organizationId } = secret;
    return { organizationId, clientId: found.id, settings: await this.open(organizationId, found) };
  }

  seal(organizationId: OrganizationId, id: string, settings: ProvisioningSettings): Promise<Buffer> {
    const place = { organizationId, column: 'provisioning_client.settings', rowId: id } as const;
    return this.personal.seal(place, JSON.stringify(settings));
  }

  async open(organizationId: OrganizationId, { id, settings_sealed }: ProvisioningRow): Promise<ProvisioningSettings> {
    const place = { organizationId, column: 'provisioning_client.settings', rowId: id } as const;
    return provisioningSettings.parse(JSON.parse(await this.personal.open(place, settings_sealed)));
  }
}
