import { Injectable } from '@nestjs/common';
import { alarmSourceSettings, type AlarmSourceSettings } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import { Sealing } from '../sealing.js';
import type { SourceRow } from './source-rows.postgres.js';

export interface SealedSettings {
  settings: AlarmSourceSettings;
  /** What bodies of a webhook are signed with, the current one first. Other kinds keep a hash of their secret only. */
  keys?: readonly string[];
}

/** What is sealed of a source: its name, what it raises for whom, and keys of signatures. */
@Injectable()
export class SourceSettings {
  constructor(private readonly sealing: Sealing) {}

  seal(organizationId: OrganizationId, id: string, settings: SealedSettings): Promise<Buffer> {
    return this.sealing.seal(organizationId, 'source.settings', id, settings);
  }

  /** In the order of the rows; null for what was destroyed. */
  async openAll(
    organizationId: OrganizationId,
    found: readonly Pick<SourceRow, 'id' | 'settings_sealed'>[],
  ): Promise<(SealedSettings | null)[]> {
    const opened = await this.sealing.openAll<SealedSettings>(
      organizationId,
      'source.settings',
      found.map(({ id, settings_sealed }) => ({ id, sealed: settings_sealed })),
    );
    return opened.map((one) => one && { ...one, settings: alarmSourceSettings.parse(one.settings) });
  }

  async open(
    organizationId: OrganizationId,
    found: Pick<SourceRow, 'id' | 'settings_sealed'>,
  ): Promise<SealedSettings | null> {
    return (await this.openAll(organizationId, [found]))[0] ?? null;
  }
}
