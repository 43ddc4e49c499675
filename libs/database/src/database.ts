import type { OrganizationId } from '@relais/kernel';
import type { DataSource } from 'typeorm';
import type { Tx } from './sql.js';
import { withOrganization, withoutOrganization } from './transaction.js';

/** A service's own database. Every use case opens its transactions here and says in them what happens together. */
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
