import type { Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { setTimer } from '../engine/timers.postgres.js';

/** Several changes that come together are looked at once. */
const SOON_SECONDS = 5;

/** Something was changed that findings may come of: looked at soon, and every day from then on. */
export const watchFindings = (tx: Tx, organizationId: OrganizationId): Promise<unknown> =>
  setTimer(tx, organizationId, { subject_id: organizationId, kind: 'findings' }, SOON_SECONDS);
