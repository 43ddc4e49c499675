import type { AlarmSettings } from '@relais/contracts';
import type { Database } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { AlarmContent } from '../alarms/alarm-content.js';
import type { Claimed } from '../notifications/claim.postgres.js';
import type { Sealing } from '../sealing.js';
import { settingsOf } from '../settings-rows.postgres.js';
import type { AlarmMessage } from './messages.js';

/** Makes of notifications what is sent, with as much of the alarm as the organization lets out of the server. */
export class AlarmMessages {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly alarmUrl: string | undefined,
  ) {}

  /** In the order of `claimed`. Opened once for all who are told of the same alarm. */
  async of(organizationId: OrganizationId, claimed: readonly Claimed[]): Promise<AlarmMessage[]> {
    const { contentOutside } = await this.db.within(organizationId, (tx) => settingsOf(tx, organizationId));
    const alarms = [...new Map(claimed.map((one) => [one.alarmId, one])).values()];
    const opened = await this.sealing.openAll<AlarmContent>(
      organizationId,
      'alarm.content',
      alarms.map(({ alarmId: id, contentSealed: sealed }) => ({ id, sealed })),
    );
    const contents = new Map(alarms.map(({ alarmId }, at) => [alarmId, opened[at] ?? null]));
    return claimed.map((one) => ({
      ...{ id: one.id, organizationId, alarmId: one.alarmId, step: one.step, cycle: one.cycle },
      ...{ severity: one.severity, isDrill: one.isDrill, isSilent: one.isSilent, more: 0 },
      ...said(contents.get(one.alarmId) ?? null, contentOutside),
      link: this.alarmUrl?.replace('{id}', one.alarmId) ?? null,
    }));
  }
}

const said = (content: AlarmContent | null, outside: AlarmSettings['contentOutside']) => ({
  title: outside === 'nothing' ? '' : (content?.title ?? ''),
  text: outside === 'text' ? (content?.text ?? '') : '',
});
