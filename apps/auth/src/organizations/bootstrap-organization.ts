import { Injectable } from '@nestjs/common';
import { bootstrapOrganization, type Tokens } from '@relais/contracts';
import { Clock, newId, type OrganizationId, type PoolId } from '@relais/kernel';
import { equalsInConstantTime, hashSecret } from '@relais/security';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { recordFact, recordOpened, userSubject } from '../facts/record-fact.js';
import { admitted, refused } from '../metrics.js';
import { PersonalData } from '../sealing/personal-data.js';
import { startSession } from '../sessions/session-rows.postgres.js';
import { type Grant, TokenIssuer } from '../sessions/token-issuer.js';
import { Settings } from '../settings.js';
import { readEpoch } from '../trust/revocations.postgres.js';
import { insertUser } from '../users/user-rows.postgres.js';
import { type Newcomer, Newcomers } from './newcomer.js';
import { PASSWORD_PROBLEMS } from '../passwords/password-policy.js';
import { consumeToken, insertOrganization, isHandleTaken, isTokenUsed } from './organization-rows.postgres.js';

type Command = z.output<typeof bootstrapOrganization.input>;

interface Prepared {
  organizationId: OrganizationId;
  poolId: PoolId;
  nameSealed: Buffer;
  poolNameSealed: Buffer;
  owner: Newcomer;
}

/** Makes an organization with its default pool and its owner. A bootstrap token does it once, however many try at once. */
@Injectable()
export class BootstrapOrganizationHandler {
  constructor(
    private readonly db: Database,
    private readonly settings: Settings,
    private readonly personal: PersonalData,
    private readonly newcomers: Newcomers,
    private readonly issuer: TokenIssuer,
    private readonly clock: Clock,
    private readonly events: EventLog,
  ) {}

  async execute(command: Command): Promise<Tokens> {
    const tokenHash = hashSecret(command.bootstrapToken);
    await this.assertUnused(tokenHash);
    const { organization, owner, device } = command;
    const problem = this.newcomers.problemOf({ ...owner, device }, [organization.handle, organization.name]);
    if (problem) throw bootstrapOrganization.fail('password_refused', PASSWORD_PROBLEMS[problem]);
    const prepared = await this.prepare(command);
    const grant = await this.create(command, prepared, tokenHash);
    admitted('bootstrap');
    this.events.changed('auth.organization_made', prepared.organizationId, prepared.owner.id);
    return this.issuer.issue(grant);
  }

  /** Refuses strangers before any work is done for them. */
  private async assertUnused(tokenHash: Buffer): Promise<void> {
    const isOurs = this.settings.bootstrapTokens
      .map((token) => equalsInConstantTime(hashSecret(token), tokenHash))
      .reduce((any, one) => any || one, false);
    const isUsed = await this.db.outside((tx) => isTokenUsed(tx, tokenHash));
    if (isOurs && !isUsed) return;
    refused('bootstrap', 'token');
    throw bootstrapOrganization.fail('bootstrap_refused');
  }

  private async prepare({ organization, owner, device }: Command): Promise<Prepared> {
    const organizationId = newId<OrganizationId>();
    const poolId = newId<PoolId>();
    const newcomer = await this.newcomers.prepare(organizationId, { ...owner, device });
    const name = { organizationId, column: 'organization.name', rowId: organizationId } as const;
    const poolName = { organizationId, column: 'pool.name', rowId: poolId } as const;
    return {
      organizationId,
      poolId,
      nameSealed: await this.personal.seal(name, organization.name),
      poolNameSealed: await this.personal.seal(poolName, organization.name),
      owner: newcomer,
    };
  }

  private async create(command: Command, prepared: Prepared, tokenHash: Buffer): Promise<Grant> {
    try {
      return await this.db.within(prepared.organizationId, (tx) => this.write(tx, command, prepared, tokenHash));
    } catch (error) {
      if (isHandleTaken(error)) throw bootstrapOrganization.fail('handle_taken');
      throw error;
    }
  }

  private async write(
    tx: Tx,
    { organization, device }: Command,
    prepared: Prepared,
    tokenHash: Buffer,
  ): Promise<Grant> {
    const { organizationId, poolId, owner } = prepared;
    const now = this.clock.now();
    const epoch = await readEpoch(tx);
    if (!(await consumeToken(tx, tokenHash, organizationId, now)))
      throw bootstrapOrganization.fail('bootstrap_refused');
    await insertOrganization(tx, { ...prepared, handle: organization.handle, now });
    await insertUser(tx, { ...owner, organizationId, role: 'owner', poolIds: [poolId], now });
    const session = { organizationId, userId: owner.id, device, nameSealed: owner.deviceNameSealed, now };
    const { grant } = await startSession(tx, { ...session, role: 'owner', amr: ['pwd'], epoch });
    await recordFact(tx, organizationId, {
      actor: userSubject(owner.id),
      action: 'organization.made',
      object: { kind: 'organization', id: organizationId },
      after: { ownerId: owner.id, poolId },
    });
    await recordOpened(tx, grant, 'bootstrap');
    return grant;
  }
}
