import { Injectable } from '@nestjs/common';
import type { Device } from '@relais/contracts';
import { withOrganization } from '@relais/database';
import type { DeviceId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { DataSource } from 'typeorm';
import { rows } from '../database/sql.js';
import { PersonalData } from '../sealing/personal-data.js';

interface DeviceRow {
  id: DeviceId;
  state: Device['state'];
  platform: string;
  name_sealed: Buffer;
  created_at: Date;
}

/** The caller's own devices, those that were put out included, so that a person sees what had access. */
@Injectable()
export class ListDevicesHandler {
  constructor(
    private readonly db: DataSource,
    private readonly personal: PersonalData,
  ) {}

  async execute({ organizationId, userId }: Principal): Promise<{ items: Device[] }> {
    const found = await withOrganization(this.db, organizationId, (tx) =>
      rows<DeviceRow>(
        tx,
        `SELECT d.id, d.state, d.platform, d.name_sealed, d.created_at FROM device d
         WHERE d.organization_id = $1 AND d.user_id = $2 ORDER BY d.created_at DESC, d.id`,
        [organizationId, userId],
      ),
    );
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
