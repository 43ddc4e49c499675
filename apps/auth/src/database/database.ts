import { Injectable } from '@nestjs/common';
import { withOrganization, withoutOrganization } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { DataSource, type EntityManager } from 'typeorm';

/** An open transaction. What is done with it is in the `*.postgres.ts` files. */
export type Tx = EntityManager;

/** Where identities live. Every use case opens its transactions here and says in them what happens together. */
@Injectable()
export class Database {
  constructor(private readonly source: DataSource) {}

  /** One transaction over one organization: rows of others do not exist in it. Rolled back when `work` throws. */
  within<Result>(organizationId: OrganizationId, work: (tx: Tx) => Promise<Result>): Promise<Result> {
    return withOrganization(this.source, organizationId, work);
  }

  /** One transaction over what belongs to the installation; it sees no organization's rows. */
  outside<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    return withoutOrganization(this.source, work);
  }
}
