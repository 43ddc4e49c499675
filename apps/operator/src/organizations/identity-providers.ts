import { isDeepStrictEqual } from 'node:util';
import { type IdentityProvider, identityProviderSettings } from '@relais/contracts';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import type { Term } from '../leader/elector.js';
import { ownIdOf } from '../relais/own-id.js';
import { bringEach } from './bring-each.js';
import { namedSecret } from './named-secret.js';
import type { KeptIdentityProvider, Organization, WantedIdentityProvider } from './organization.js';
import type { OwnOrganization } from './own-organization.js';

/**
 * The identity providers that an Organization names, as the bot's own. A client secret is read from the Secret that is named, and said
 * again whenever that Secret has changed.
 */
export class IdentityProviders {
  constructor(
    private readonly api: KubernetesApi,
    private readonly term: Term,
    private readonly own: OwnOrganization,
  ) {}

  /** What there is of each, in their order; and what has failed, after everything was tried. */
  async bring(organization: Organization): Promise<{ identityProviders: KeptIdentityProvider[]; failure?: unknown }> {
    const wanted = organization.spec.identityProviders ?? [];
    if (wanted.length === 0) return { identityProviders: [] };
    const known = new Map((await this.own.listProviders()).map((one) => [one.id as string, one]));
    const { kept, ...rest } = await bringEach(
      wanted,
      ({ name }) => organization.status?.identityProviders?.find(({ id }) => id === providerIdOf(organization, name)),
      (one, before) => this.bringOne(organization, one, before, known.get(providerIdOf(organization, one.name))),
    );
    return { identityProviders: kept, ...rest };
  }

  private async bringOne(
    organization: Organization,
    wanted: WantedIdentityProvider,
    before: KeptIdentityProvider | undefined,
    known: IdentityProvider | undefined,
  ): Promise<KeptIdentityProvider> {
    const id = providerIdOf(organization, wanted.name);
    const secret = await namedSecret(this.api, organization, wanted.clientSecretRef);
    const settings = settingsOf(wanted);
    const isSaid = known && isDeepStrictEqual(known.settings, settings) && before?.secretVersion === secret?.version;
    if (!isSaid) {
      this.term.assertHeld();
      await this.own.putProvider(id, { ...settings, ...(secret && { clientSecret: secret.text }) });
    }
    return { name: wanted.name, id, ...(secret && { secretVersion: secret.version }) };
  }
}

/** The same for the same names, so that who has come by it stays who they are when the object is made again. */
export const providerIdOf = ({ metadata }: Organization, name: string): string =>
  ownIdOf('identity-provider', metadata.namespace!, metadata.name, name);

const plainSettings = identityProviderSettings.omit({ clientSecret: true });

/** With everything that the API would add to it. */
const settingsOf = ({ displayName, name, clientSecretRef: _, ...said }: WantedIdentityProvider) =>
  plainSettings.parse({ ...said, name: displayName ?? name });
