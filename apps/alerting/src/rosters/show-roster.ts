import type { DutyOf, Roster } from '@relais/contracts';
import type { DutyRow } from './duty-rows.postgres.js';
import type { RosterRow } from './roster-rows.postgres.js';

/** What is sealed of a roster. */
export type RosterDocument = Pick<Roster, 'name' | 'address'>;

export const toDuty = ({ user_id, layer, state, began_at }: DutyRow): DutyOf => ({
  ...{ userId: user_id, layer, state, since: began_at.toISOString() },
});

/** What cannot be opened any more has no name; who is on duty stays as it is. */
export const toRoster = (row: RosterRow, document: RosterDocument | null): Roster => ({
  name: document?.name ?? '',
  ...(document?.address ? { address: document.address } : {}),
  layers: [...row.rules.layers],
  ...{ handOver: row.hand_over, remindAfterMinutes: row.remind_after_minutes },
  ...(row.qualification_id ? { qualificationId: row.qualification_id } : {}),
});
