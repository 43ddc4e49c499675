import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  type ContactCell,
  type ContactMode,
  type ContactPolicy,
  deleteContactCell,
  MAX_CONTACT_CELLS,
  putContactCell,
  readContactPolicy,
  setContactPolicy,
} from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { actorSubject, difference, type NewFact, recordFact } from '../facts/record-fact.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { lockOrganization } from '../users/user-rows.postgres.js';
import { arePools } from '../pools/pool-rows.postgres.js';
import { deleteCell, findCell, findMode, listCells, writeCell, writeMode } from './contact-rows.postgres.js';
import { tellContactsChanged } from './tell-change.js';

type CellKey = Pick<ContactCell, 'fromPoolId' | 'toPoolId'>;

/** Who may meet whom, as administrators say it. */
@Injectable()
export class ContactPoliciesHandler {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly freshness: Freshness,
  ) {}

  @Serves(readContactPolicy)
  read(_: object, { principal }: RequestContext): Promise<ContactPolicy> {
    return this.db.within(principal.organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_policies');
      return policyOf(tx, principal);
    });
  }

  @Serves(setContactPolicy)
  set({ mode }: { mode: ContactMode }, { principal }: RequestContext): Promise<ContactPolicy> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await this.begin(tx, principal);
      const before = (await findMode(tx, organizationId))?.mode ?? 'open';
      await writeMode(tx, organizationId, mode, this.clock.now());
      const object = { kind: 'organization', id: organizationId };
      const change = { object, before: { mode: before }, after: { mode } };
      if (before !== mode) await this.end(tx, principal, { action: 'contact-policy.changed', ...change });
      return policyOf(tx, principal);
    });
  }

  @Serves(putContactCell)
  put(cell: ContactCell, { principal }: RequestContext): Promise<ContactCell> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await this.begin(tx, principal);
      const poolIds = [...new Set([cell.fromPoolId, cell.toPoolId])];
      if (!(await arePools(tx, organizationId, poolIds))) throw putContactCell.fail('pool_not_found');
      const before = await findCell(tx, organizationId, cell);
      if (!before && (await listCells(tx, organizationId)).length >= MAX_CONTACT_CELLS)
        throw putContactCell.fail('too_many_cells');
      await writeCell(tx, organizationId, cell);
      const change = difference(rightsOf(before), rightsOf(cell));
      await this.end(tx, principal, { action: 'contact-policy.cell-set', object: objectOf(cell), ...change });
      return cell;
    });
  }

  @Serves(deleteContactCell)
  remove(key: CellKey, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await this.begin(tx, principal);
      const before = await findCell(tx, organizationId, key);
      if (!before) throw deleteContactCell.fail('cell_not_found');
      await deleteCell(tx, organizationId, key);
      const change = { object: objectOf(key), before: rightsOf(before) };
      await this.end(tx, principal, { action: 'contact-policy.cell-removed', ...change });
      return {};
    });
  }

  private async begin(tx: Tx, principal: Principal): Promise<void> {
    await actorWith(tx, principal, 'manage_policies');
    await this.freshness.assertFresh(tx, principal);
    await lockOrganization(tx, principal.organizationId);
  }

  private async end(tx: Tx, principal: Principal, fact: Omit<NewFact, 'actor'>): Promise<void> {
    await recordFact(tx, principal.organizationId, { actor: actorSubject(principal), ...fact });
    await tellContactsChanged(tx, principal.organizationId, 'all');
  }
}

async function policyOf(tx: Tx, { organizationId }: Principal): Promise<ContactPolicy> {
  const found = await findMode(tx, organizationId);
  const cells = await listCells(tx, organizationId);
  return { mode: found?.mode ?? 'open', cells, ...(found ? { updatedAt: found.updated_at.toISOString() } : {}) };
}

const objectOf = ({ fromPoolId, toPoolId }: CellKey) => ({ kind: 'pool-pair', id: `${fromPoolId}>${toPoolId}` });
const rightsOf = (cell: ContactCell | null): Record<string, boolean> =>
  cell ? { see: cell.see, message: cell.message, alarm: cell.alarm } : {};
