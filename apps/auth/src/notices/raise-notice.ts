import { type ActionName, securityNoticeRaised } from '@relais/contracts';
import { enqueue } from '@relais/database';
import { type EventId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { insertNotice } from './notice-rows.postgres.js';
import { toldOf } from './told.js';

/** Writes down what the person has to be told of a fact, in its transaction: there is no change of an account unnoticed. */
export async function raiseNotice(
  tx: Tx,
  organizationId: OrganizationId,
  action: ActionName,
  what: Parameters<typeof toldOf>[1],
  at: Date,
): Promise<void> {
  const told = toldOf(action, what);
  const notice = told && (await insertNotice(tx, organizationId, newId(), told, at));
  if (!notice) return;
  const userId = told.userId as UserId;
  await enqueue(tx, securityNoticeRaised, { id: newId<EventId>(), organizationId, userId, notice });
}
