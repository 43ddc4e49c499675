import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  deleteIdentityProvider,
  type IdentityProviderSettings,
  type Role,
  listIdentityProviders,
  MAX_IDENTITY_PROVIDERS,
  putIdentityProvider,
} from '@relais/contracts';
import { Clock, type OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, recordFact } from '../facts/record-fact.js';
import { actorOrBotWith, assertReaches, forbidden } from '../permissions/actor.postgres.js';
import { assertAreThere, assertGives, mappingsOf } from './assert-gives.js';
import {
  findProvider,
  type IdentityProviderRow,
  listProviderRows,
  removeProvider,
  writeProvider,
} from './identity-provider-rows.postgres.js';
import { isEncryptedOrLocal } from '@relais/security';
import { lockOrganization } from '../users/user-rows.postgres.js';
import { ProviderSecrets } from './provider-secrets.js';

const SCOPE = 'identity-sources:write';

type Command = z.output<typeof putIdentityProvider.input>;
type Answer = z.input<typeof putIdentityProvider.output>;

/**
 * Which providers people of an organization sign in with, and what comes of it. A bot deals with those that it made itself, which
 * bring in members and nothing more.
 */
@Injectable()
export class ManageIdentityProvidersHandler {
  constructor(
    private readonly db: Database,
    private readonly secrets: ProviderSecrets,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(putIdentityProvider)
  async put({ providerId, settings }: Command, { principal }: RequestContext): Promise<Answer> {
    const { organizationId } = principal;
    if (!isEncryptedOrLocal(new URL(settings.issuer)))
      throw putIdentityProvider.fail('identity_provider_unsafe', 'use https://');
    const before = await this.db.within(organizationId, async (tx) => {
      await this.assertMay(tx, principal, settings, null);
      return findSeen(tx, principal, providerId);
    });
    const kept = before && (await this.secrets.open(organizationId, before));
    const settingsSealed = await this.secrets.seal(organizationId, providerId, withSecret(settings, kept));
    const written = await this.db.within(organizationId, async (tx) => {
      // Nobody else makes one of this id meanwhile.
      await lockOrganization(tx, organizationId);
      const vouchedBy = await this.assertMay(tx, principal, settings, kept);
      await findSeen(tx, principal, providerId);
      await this.assertRoom(tx, organizationId, providerId);
      await writeProvider(tx, organizationId, {
        ...{ id: providerId, settingsSealed, vouchedBy, madeBy: principal.userId, now: this.clock.now() },
      });
      await this.record(tx, principal, providerId, 'identity-provider.put');
      return findProvider(tx, organizationId, providerId);
    });
    return this.describe(organizationId, written as IdentityProviderRow);
  }

  @Serves(listIdentityProviders)
  async list(_: unknown, { principal }: RequestContext): Promise<{ items: Answer[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      await actorOrBotWith(tx, principal, 'manage_identity_providers', SCOPE);
      return (await listProviderRows(tx, organizationId)).filter((one) => isSeenBy(principal, one));
    });
    return { items: await Promise.all(found.map((provider) => this.describe(organizationId, provider))) };
  }

  @Serves(deleteIdentityProvider)
  delete({ providerId }: { providerId: string }, { principal }: RequestContext): Promise<Record<never, never>> {
    return this.db.within(principal.organizationId, async (tx) => {
      const asks = await actorOrBotWith(tx, principal, 'manage_identity_providers', SCOPE);
      if (asks !== 'bot') await this.freshness.assertFresh(tx, principal);
      const found = await findProvider(tx, principal.organizationId, providerId);
      if (found && !isSeenBy(principal, found)) throw deleteIdentityProvider.fail('identity_provider_not_found');
      if (!(await removeProvider(tx, principal.organizationId, providerId)))
        throw deleteIdentityProvider.fail('identity_provider_not_found');
      await this.record(tx, principal, providerId, 'identity-provider.deleted');
      return {};
    });
  }

  /**
   * Whoever lets a provider say by an address who somebody is could become anybody: that takes an administrator, and reaches
   * nobody above them (see `ProvidedPeople`). A bot reaches members alone, and lets nobody become anybody.
   *
   * @returns the role that vouches for it
   */
  private async assertMay(
    tx: Tx,
    principal: Principal,
    settings: IdentityProviderSettings,
    before: IdentityProviderSettings | null,
  ): Promise<Role> {
    const actor = await actorOrBotWith(tx, principal, 'manage_identity_providers', SCOPE);
    if (actor === 'bot') return assertPlain(settings);
    await this.freshness.assertFresh(tx, principal);
    if (settings.linksByEmail) assertReaches(actor, 'admin');
    await assertAreThere(tx, principal, mappingsOf(settings));
    await assertGives(tx, principal, actor, [...mappingsOf(before), ...mappingsOf(settings)]);
    return actor.role;
  }

  private async assertRoom(tx: Tx, organizationId: OrganizationId, providerId: string): Promise<void> {
    const others = (await listProviderRows(tx, organizationId)).filter(({ id }) => id !== providerId);
    if (others.length >= MAX_IDENTITY_PROVIDERS) throw putIdentityProvider.fail('too_many_identity_providers');
  }

  private async describe(organizationId: OrganizationId, provider: IdentityProviderRow): Promise<Answer> {
    const { clientSecret, ...settings } = await this.secrets.open(organizationId, provider);
    return {
      ...{ id: provider.id as never, settings, hasClientSecret: clientSecret !== undefined, people: provider.people },
      ...(provider.made_by && { madeBy: provider.made_by }),
    };
  }

  private record(
    tx: Tx,
    principal: Principal,
    id: string,
    action: 'identity-provider.put' | 'identity-provider.deleted',
  ): Promise<void> {
    const object = { kind: 'identity-provider', id };
    return recordFact(tx, principal.organizationId, { actor: actorSubject(principal), action, object });
  }
}

/** To a bot, what it did not make itself is not there. */
const isSeenBy = ({ scopes, userId }: Principal, { made_by }: IdentityProviderRow): boolean =>
  !scopes || made_by === userId;

/** @throws AppError `identity_provider_id_taken` to a bot, of one that it did not make */
async function findSeen(tx: Tx, principal: Principal, providerId: string): Promise<IdentityProviderRow | null> {
  const found = await findProvider(tx, principal.organizationId, providerId);
  if (found && !isSeenBy(principal, found)) throw putIdentityProvider.fail('identity_provider_id_taken');
  return found;
}

/** Whom people become by a provider beside members is said by people. @throws AppError `forbidden` */
function assertPlain({ groups, linksByEmail, trustsSecondFactor }: IdentityProviderSettings): 'member' {
  if (groups || linksByEmail || trustsSecondFactor)
    throw forbidden('a bot lets a provider neither give, nor connect, nor count as a second factor');
  return 'member';
}

/** A secret is for the provider it was made at: with another issuer or client it is not kept, or it would be sent there. */
function withSecret(
  settings: IdentityProviderSettings,
  kept: IdentityProviderSettings | null,
): IdentityProviderSettings {
  const isSame = kept?.issuer === settings.issuer && kept.clientId === settings.clientId;
  const clientSecret = settings.clientSecret ?? (isSame ? kept.clientSecret : undefined);
  return { ...settings, ...(clientSecret === undefined ? {} : { clientSecret }) };
}
