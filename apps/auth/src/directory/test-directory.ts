import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type DirectorySettings, testDirectory } from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { z } from 'zod';
import { maskPhone } from '../addresses/phone.js';
import { Database } from '../database/database.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { findDirectory } from './directory-rows.postgres.js';
import { DirectorySecrets } from './directory-settings.js';
import { openDirectory, wordsOf } from './ldap-client.js';
import { readPeople } from './read-directory.js';

type Answer = z.input<typeof testDirectory.output>;

const TIMEOUT_MS = 5_000;
const SAMPLES = 5;

/** Tries a directory before anybody depends on it. */
@Injectable()
export class TestDirectoryHandler {
  constructor(
    private readonly db: Database,
    private readonly secrets: DirectorySecrets,
    private readonly clock: Clock,
  ) {}

  @Serves(testDirectory)
  async execute({ directoryId }: { directoryId: string }, { principal }: RequestContext): Promise<Answer> {
    const { organizationId } = principal;
    const directory = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_directories');
      return findDirectory(tx, organizationId, directoryId);
    });
    if (!directory) throw testDirectory.fail('directory_not_found');
    return this.try(await this.secrets.openSettings(organizationId, directory));
  }

  private async try(settings: DirectorySettings): Promise<Answer> {
    const steps: Answer['steps'] = [];
    const samples: Answer['samples'] = [];
    let step: Answer['steps'][number]['step'] = 'connect';
    const done = (says: string) => steps.push({ step, isOk: true, says });
    try {
      const client = await openDirectory(settings, TIMEOUT_MS);
      done('a server answers');
      step = 'bind';
      done(settings.bindDn === '' ? 'without a name' : `as ${settings.bindDn}`);
      try {
        step = settings.groups ? 'groups' : 'people';
        const first = await readPeople(client, settings, this.clock.now()).next();
        if (settings.groups) done(`${settings.groups.mappings.length} groups are there`);
        step = 'people';
        const people = first.done ? [] : first.value;
        for (const { email, displayName, isActive, phone } of people.slice(0, SAMPLES))
          samples.push({ email, displayName, isActive, ...(phone ? { phone: maskPhone(phone) } : {}) });
        steps.push({
          step,
          isOk: people.length > 0,
          says: people.length > 0 ? 'people are there' : 'the filter finds nobody with an id and an address',
        });
      } finally {
        await client.unbind().catch(() => undefined);
      }
    } catch (error) {
      const isBind = wordsOf(error).includes('bind name or password');
      steps.push({ step: isBind ? 'bind' : step, isOk: false, says: wordsOf(error) });
    }
    return { steps, samples };
  }
}
