import { Injectable } from '@nestjs/common';
import { bootstrapOrganization, type Tokens } from '@relais/contracts';
import { withOrganization, withoutOrganization } from '@relais/database';
import { AppError, Clock, newId, type OrganizationId, type PoolId } from '@relais/kernel';
import { equalsInConstantTime, hashSecret } from '@relais/security';
import { DataSource, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { row, rows, violates } from '../database/sql.js';
import { EventLog } from '../event-log.js';
import { admitted, refused } from '../metrics.js';
import { PersonalData } from '../sealing/personal-data.js';
import { startSession } from '../sessions/session-rows.postgres.js';
import { type Grant, TokenIssuer } from '../sessions/token-issuer.js';
import { Settings } from '../settings.js';
import { readEpoch } from '../trust/revocations.js';
import { insertUser } from '../users/user-rows.postgres.js';
import { type Newcomer, Newcomers } from './newcomer.js';

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
    private readonly db: DataSource,
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
    if (problem) throw bootstrapOrganization.fail('password_refused', problem);
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
    const isUsed = await withoutOrganization(this.db, (tx) =>
      row(tx, 'SELECT b.token_hash FROM bootstrap b WHERE b.token_hash = $1', [tokenHash]),
    );
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
      return await withOrganization(this.db, prepared.organizationId, (tx) =>
        this.write(tx, command, prepared, tokenHash),
      );
    } catch (error) {
      if (violates(error, 'organization_handle_pkey')) throw bootstrapOrganization.fail('handle_taken');
      throw error;
    }
  }

  private async write(
    tx: EntityManager,
    { organization, device }: Command,
    prepared: Prepared,
    tokenHash: Buffer,
  ): Promise<Grant> {
    const { organizationId, poolId, owner } = prepared;
    const now = this.clock.now();
    const epoch = await readEpoch(tx);
    await consume(tx, tokenHash, organizationId, now);
    await rows(tx, 'INSERT INTO organization_handle (handle, organization_id) VALUES ($1, $2)', [
      organization.handle,
      organizationId,
    ]);
    await rows(
      tx,
      'INSERT INTO organization (organization_id, handle, name_sealed, created_at) VALUES ($1, $2, $3, $4)',
      [organizationId, organization.handle, prepared.nameSealed, now],
    );
    await rows(
      tx,
      'INSERT INTO pool (organization_id, id, name_sealed, is_default, created_at) VALUES ($1, $2, $3, true, $4)',
      [organizationId, poolId, prepared.poolNameSealed, now],
    );
    await insertUser(tx, { ...owner, organizationId, role: 'owner', poolIds: [poolId], now });
    const session = { organizationId, userId: owner.id, device, nameSealed: owner.deviceNameSealed, now };
    const { grant } = await startSession(tx, { ...session, role: 'owner', amr: ['pwd'], epoch });
    return grant;
  }
}

/** Waits for whoever consumes the same token at the same time, and lets only the first through. */
async function consume(tx: EntityManager, tokenHash: Buffer, organizationId: OrganizationId, now: Date): Promise<void> {
  const consumed = await rows(
    tx,
    `INSERT INTO bootstrap (token_hash, organization_id, consumed_at) VALUES ($1, $2, $3)
     ON CONFLICT DO NOTHING RETURNING organization_id`,
    [tokenHash, organizationId, now],
  );
  if (consumed.length > 0) return;
  refused('bootstrap', 'token');
  throw new AppError('forbidden', 'bootstrap_refused');
}
