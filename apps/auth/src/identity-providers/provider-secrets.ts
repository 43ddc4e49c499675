import { Injectable } from '@nestjs/common';
import { identityProviderSettings, type IdentityProviderSettings } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import { PersonalData } from '../sealing/personal-data.js';
import type { IdentityProviderRow } from './identity-provider-rows.postgres.js';

/** Settings of providers, the client's secret among them, are sealed as a whole. */
@Injectable()
export class ProviderSecrets {
  constructor(private readonly personal: PersonalData) {}

  seal(organizationId: OrganizationId, id: string, settings: IdentityProviderSettings): Promise<Buffer> {
    const place = { organizationId, column: 'identity_provider.settings', rowId: id } as const;
    return this.personal.seal(place, JSON.stringify(settings));
  }

  async open(
    organizationId: OrganizationId,
    { id, settings_sealed }: IdentityProviderRow,
  ): Promise<IdentityProviderSettings> {
    const place = { organizationId, column: 'identity_provider.settings', rowId: id } as const;
    return identityProviderSettings.parse(JSON.parse(await this.personal.open(place, settings_sealed)));
  }
}
