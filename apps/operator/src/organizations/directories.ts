import { isDeepStrictEqual } from 'node:util';
import { type Directory, type DirectorySettings, directorySettings } from '@relais/contracts';
import type { Said } from '../kubernetes/conditions.js';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import type { Term } from '../leader/elector.js';
import { ownIdOf } from '../relais/own-id.js';
import { bringEach } from './bring-each.js';
import { namedSecret } from './named-secret.js';
import type { KeptDirectory, Organization, WantedDirectory } from './organization.js';
import type { OwnOrganization } from './own-organization.js';

/**
 * The LDAP directories that an Organization names, as the bot's own. The password is read from the Secret that is named, and said
 * again whenever that Secret has changed. Of each is said how its last run went, as it was found before anything was said.
 */
export class Directories {
  constructor(
    private readonly api: KubernetesApi,
    private readonly term: Term,
    private readonly own: OwnOrganization,
  ) {}

  /** What there is of each, in their order; and what has failed, after everything was tried. */
  async bring(organization: Organization): Promise<{ directories: KeptDirectory[]; failure?: unknown }> {
    const wanted = organization.spec.directories ?? [];
    if (wanted.length === 0) return { directories: [] };
    const known = new Map((await this.own.listDirectories()).map((one) => [one.id as string, one]));
    const { kept, ...rest } = await bringEach(
      wanted,
      ({ name }) => organization.status?.directories?.find(({ id }) => id === directoryIdOf(organization, name)),
      (one, before) => this.bringOne(organization, one, before, known.get(directoryIdOf(organization, one.name))),
    );
    return { directories: kept, ...rest };
  }

  private async bringOne(
    organization: Organization,
    wanted: WantedDirectory,
    before: KeptDirectory | undefined,
    known: Directory | undefined,
  ): Promise<KeptDirectory> {
    const id = directoryIdOf(organization, wanted.name);
    const secret = await namedSecret(this.api, organization, wanted.bindPasswordRef);
    const settings = settingsOf(wanted, known);
    const isSaid = known && isDeepStrictEqual(known.settings, settings) && before?.secretVersion === secret?.version;
    if (!isSaid) {
      this.term.assertHeld();
      await this.own.putDirectory(id, { ...settings, ...(secret && { bindPassword: secret.text }) });
    }
    return {
      ...{ name: wanted.name, id, people: known?.people ?? 0 },
      ...(secret && { secretVersion: secret.version }),
      ...(known?.lastRun && { lastRun: lastRunOf(known.lastRun) }),
    };
  }
}

/** The same for the same names, so that who has come from it stays who they are when the object is made again. */
export const directoryIdOf = ({ metadata }: Organization, name: string): string =>
  ownIdOf('directory', metadata.namespace!, metadata.name, name);

const plainSettings = directorySettings.omit({ bindPassword: true });
const HOURLY = 60;

/** With everything that the API would add to it. Whom it never puts out is said by people, and stays. */
const settingsOf = (
  { displayName, name, bindPasswordRef: _, ...said }: WantedDirectory,
  known: Directory | undefined,
): DirectorySettings =>
  plainSettings.parse({
    ...{ everyMinutes: HOURLY, ...said, name: displayName ?? name },
    protectedUserIds: known?.settings.protectedUserIds ?? [],
  });

/** Without what people have added: a bot may not say that, nor keep it. */
export const switchedOff = ({ groups: _, ...settings }: Directory['settings']): DirectorySettings => ({
  ...settings,
  ...{ passwordLogin: false, brake: plainSettings.shape.brake.parse(undefined) },
  ...{ everyMinutes: Math.max(HOURLY, settings.everyMinutes ?? 0), enabled: false },
});

const lastRunOf = ({
  state,
  finishedAt,
  ...counts
}: NonNullable<Directory['lastRun']>): NonNullable<KeptDirectory['lastRun']> => {
  const { seen, disables, applied, problems } = counts;
  return { state, ...(finishedAt && { finishedAt }), seen, disables, applied, problems };
};

/** How the last runs went: nothing is said where no directory is named. */
export function directoriesRead(directories: readonly KeptDirectory[]): Said[] {
  if (directories.length === 0) return [];
  const type = 'DirectoriesRead';
  const of = (state: string) => directories.find(({ lastRun }) => lastRun?.state === state)?.name;
  const [stopped, failed] = [of('stopped'), of('failed')];
  if (stopped !== undefined)
    return [{ type, status: 'False', reason: 'RunStopped', message: `${stopped}: ${STOPPED}` }];
  if (failed !== undefined) return [{ type, status: 'False', reason: 'RunFailed', message: `${failed}: ${FAILED}` }];
  return [{ type, status: 'True', reason: 'Read', message: 'no last run was stopped or has failed' }];
}

const STOPPED = 'its run would put out more people than it may: somebody with manage_directories has to approve it';
const FAILED = 'its run has failed: readDirectoryRun tells somebody with manage_directories why';
