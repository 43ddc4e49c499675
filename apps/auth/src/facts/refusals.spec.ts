import { newId, type OrganizationId } from '@relais/kernel';
import { metrics, silentLog } from '@relais/observability';
import { FixedClock } from '@relais/testing';
import type { Database } from '../database/database.js';
import { EventLog } from '../event-log.js';
import { systemSubject } from './record-fact.js';
import { Refusals } from './refusals.js';

describe('a refusal that cannot be written among the facts', () => {
  const organizationId = newId<OrganizationId>();
  const fact = { actor: systemSubject('test'), action: 'permission.denied' as const, object: systemSubject('test') };

  async function failures(): Promise<number> {
    const found = await metrics.getSingleMetric('relais_audit_write_failures_total')?.get();
    return found?.values[0]?.value ?? Number.NaN;
  }

  it('is counted each time, and tried again at the next one', async () => {
    let tried = 0;
    const within = () => Promise.reject(new Error(`no room on the disk, attempt ${++tried}`));
    const refusals = new Refusals({ within } as unknown as Database, new FixedClock(), new EventLog(silentLog));
    expect(await failures()).toBe(0);

    for (let at = 1; at <= 2; at++) {
      refusals.note(organizationId, fact);
      await refusals.settled();
      expect([tried, await failures()]).toEqual([at, at]);
    }
  });
});
