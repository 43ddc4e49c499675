import { Injectable } from '@nestjs/common';
import type { Device } from '@relais/contracts';
import type { Principal } from '@relais/security';
import { Database } from '../database/database.js';
import { PersonalData } from '../sealing/personal-data.js';
import { listDeviceRows } from './device-rows.postgres.js';

/** The caller's own devices, those that were put out included, so that a person sees what had access. */
@Injectable()
export class ListDevicesHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
  ) {}

  async execute({ organizationId, userId }: Principal): Promise<{ items: Device[] }> {
    const found = await this.db.within(organizationId, (tx) => listDeviceRows(tx, organizationId, userId));
    const sealed = found.map((device) => device.name_sealed);
    const reader = await this.personal.reader(organizationId, sealed);
    const items = found.map(({ id, state, platform, name_sealed, created_at }) => ({
      id,
      name: reader.open('device.name', id, name_sealed),
      platform,
      state,
      createdAt: created_at.toISOString(),
    }));
    return { items };
  }
}
