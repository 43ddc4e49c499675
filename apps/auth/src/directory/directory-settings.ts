import { Injectable } from '@nestjs/common';
import { directorySettings, type DirectorySettings } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import { PersonalData } from '../sealing/personal-data.js';
import type { DirectoryRow } from './directory-rows.postgres.js';

/** What is sealed of a directory for display and for a run: settings with the password, records, problems. */
@Injectable()
export class DirectorySecrets {
  constructor(private readonly personal: PersonalData) {}

  sealSettings(organizationId: OrganizationId, id: string, settings: DirectorySettings): Promise<Buffer> {
    return this.personal.seal({ organizationId, column: 'directory.settings', rowId: id }, JSON.stringify(settings));
  }

  async openSettings(
    organizationId: OrganizationId,
    { id, settings_sealed }: DirectoryRow,
  ): Promise<DirectorySettings> {
    const place = { organizationId, column: 'directory.settings', rowId: id } as const;
    return directorySettings.parse(JSON.parse(await this.personal.open(place, settings_sealed)));
  }

  /** What a run says about a person or about itself, for the run it belongs to. */
  seal(organizationId: OrganizationId, runId: string, text: string): Promise<Buffer> {
    return this.personal.seal({ organizationId, column: 'directory_run.text', rowId: runId }, text);
  }

  async openAll(organizationId: OrganizationId, runId: string, sealed: readonly Buffer[]): Promise<string[]> {
    const reader = await this.personal.reader(organizationId, sealed);
    return sealed.map((one) => reader.open('directory_run.text', runId, one));
  }
}

/** When it is read next by itself; null where that is by hand alone, or not at all. */
export const runAfter = (
  { everyMinutes, enabled }: Pick<DirectorySettings, 'everyMinutes' | 'enabled'>,
  now: Date,
): Date | null => (enabled && everyMinutes ? new Date(now.getTime() + everyMinutes * 60_000) : null);
