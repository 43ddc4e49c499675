import { type AlarmReport, ROUTES } from '@relais/contracts';
import type { RelaisSession } from '../session/relais-session.js';

/** All pages of the report of an alarm. */
export async function readReport(session: RelaisSession, alarmId: never): Promise<Omit<AlarmReport, 'next'>> {
  const items: AlarmReport['items'] = [];
  let cursor: string | undefined;
  for (;;) {
    const page: AlarmReport = await session.call(
      ROUTES.readAlarmReport,
      { alarmId, limit: 200, ...(cursor ? { cursor } : {}) },
      { retry: true },
    );
    items.push(...page.items);
    if (!page.next) return { alarm: page.alarm, checklist: page.checklist, items };
    cursor = page.next;
  }
}
