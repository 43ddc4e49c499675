import { Injectable } from '@nestjs/common';
import type { DirectorySettings } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import { Database, type Tx } from '../database/database.js';
import { rows } from '../database/sql.js';
import { findDirectory } from '../directory/directory-rows.postgres.js';
import { DirectorySecrets } from '../directory/directory-settings.js';
import { openDirectory } from '../directory/ldap-client.js';
import { findProvider } from '../identity-providers/identity-provider-rows.postgres.js';
import { OidcClients } from '../identity-providers/oidc-clients.js';
import { awayIn } from '../identity-providers/outbound.js';
import { ProviderSecrets } from '../identity-providers/provider-secrets.js';

/** Nobody waits longer than this to hear that something is away. */
const TIMEOUT_MS = 4_000;

/** `unused` for what is switched off: nobody signs in with it, whether it answers or not. */
type Found = 'there' | 'away' | 'unused';

/** Asks everything a person comes from whether it is there, now and by ourselves: nobody's word counts but the network's. */
@Injectable()
export class SourcesAway {
  constructor(
    private readonly db: Database,
    private readonly providerSecrets: ProviderSecrets,
    private readonly clients: OidcClients,
    private readonly directorySecrets: DirectorySecrets,
  ) {}

  /** Whether there are such sources, and not one of them answers. */
  async areAllAway(organizationId: OrganizationId, userId: UserId): Promise<boolean> {
    const ids = await this.db.within(organizationId, (tx) => sourcesOf(tx, organizationId, userId));
    const found = await Promise.all(ids.map((id) => this.ask(organizationId, id)));
    const used = found.filter((state) => state !== 'unused');
    return used.length > 0 && used.every((state) => state === 'away');
  }

  private async ask(organizationId: OrganizationId, sourceId: string): Promise<Found> {
    const { provider, directory } = await this.db.within(organizationId, async (tx) => ({
      provider: await findProvider(tx, organizationId, sourceId),
      directory: await findDirectory(tx, organizationId, sourceId),
    }));
    if (directory) return this.askDirectory(await this.directorySecrets.openSettings(organizationId, directory));
    const settings = provider && (await this.providerSecrets.open(organizationId, provider));
    if (!settings?.enabled) return 'unused';
    return this.clients.discover(settings).then(
      () => 'there',
      // One that answers with nonsense is there: only a human can say that it is of no use.
      (error: unknown) => (awayIn(error) ? 'away' : 'there'),
    );
  }

  private async askDirectory(settings: DirectorySettings): Promise<Found> {
    if (!settings.enabled) return 'unused';
    try {
      const client = await openDirectory(settings, TIMEOUT_MS);
      await client.unbind().catch(() => undefined);
      return 'there';
    } catch (error) {
      return error instanceof Error && error.message.includes('bind name or password is wrong') ? 'there' : 'away';
    }
  }
}

async function sourcesOf(tx: Tx, organizationId: OrganizationId, userId: UserId): Promise<string[]> {
  const found = await rows<{ source_id: string }>(
    tx,
    'SELECT DISTINCT e.source_id FROM external_identity e WHERE e.organization_id = $1 AND e.user_id = $2',
    [organizationId, userId],
  );
  return found.map(({ source_id }) => source_id);
}
