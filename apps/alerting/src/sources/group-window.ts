import { Injectable } from '@nestjs/common';
import { Database } from '@relais/database';
import type { Timer } from '../engine/timers.postgres.js';
import { Errand } from '../engine/work.js';
import { Sealing } from '../sealing.js';
import { findGroupById } from './group-rows.postgres.js';
import type { Said } from './said.js';
import { GROUP_TIMER, TakeIncident } from './take-incident.js';

/** Tells what was taken into an alarm while others came of the same cause. */
@Injectable()
export class GroupWindow {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly incidents: TakeIncident,
  ) {}

  /** Says all that is known: doing it again says nothing new. */
  @Errand(GROUP_TIMER)
  async end({ organization_id: organizationId, subject_id: id }: Timer): Promise<null> {
    const group = await this.db.within(organizationId, (tx) => findGroupById(tx, organizationId, id));
    const said =
      group &&
      (await this.sealing.open<Said>(
        organizationId,
        'source.group',
        group.key_index.toString('hex'),
        group.said_sealed,
      ));
    if (said) await this.incidents.tell(organizationId, group.source_id, group.alarm_id, said);
    return null;
  }
}
