import { Injectable } from '@nestjs/common';
import { postureSettings, type PostureSettings } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import { PersonalData } from '../sealing/personal-data.js';
import type { PostureSourceRow } from './posture-rows.postgres.js';

export interface KnownSource {
  settings: PostureSettings;
  /** Of a `json` source: what it signs with. */
  key?: string;
}

/** What is sealed of a source of posture. */
@Injectable()
export class PostureSecrets {
  constructor(private readonly personal: PersonalData) {}

  seal(organizationId: OrganizationId, id: string, source: KnownSource): Promise<Buffer> {
    return this.personal.seal({ organizationId, column: 'posture_source.settings', rowId: id }, JSON.stringify(source));
  }

  async open(organizationId: OrganizationId, { id, settings_sealed }: PostureSourceRow): Promise<KnownSource> {
    const place = { organizationId, column: 'posture_source.settings', rowId: id } as const;
    const { settings, key } = JSON.parse(await this.personal.open(place, settings_sealed)) as KnownSource;
    return { settings: postureSettings.parse(settings), ...(key === undefined ? {} : { key }) };
  }

  /** How a person is found by their address. */
  emailIndex(organizationId: OrganizationId, email: string): Promise<Buffer> {
    return this.personal.emailIndex(organizationId, email);
  }

  /** How a device is found by the id it has in device management. */
  mdmIdIndex(organizationId: OrganizationId, mdmId: string): Promise<Buffer> {
    return this.personal.digest(organizationId, `mdm:${mdmId.trim().toLowerCase()}`);
  }
}
