import type { Bus } from '@relais/bus';
import { type AlarmReport, readAlarmReport } from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { MOST_PAGES, PAGE, readNames } from './names.js';

export type Summary = NonNullable<AlarmReport['summary']>;
export type Item = AlarmReport['items'][number];
export interface WholeReport {
  alarm: AlarmReport['alarm'];
  summary: Summary;
  checklist: AlarmReport['checklist'];
  /** Page by page, as they are read. */
  items: AsyncIterable<Item>;
  /** The name of whoever the reader may see; the id of everybody else. */
  nameOf: (userId: UserId) => string;
}

/** The report of an alarm as its reader may see it. @throws AppError `alarm_not_found` before anything was read */
export async function openReport(bus: Bus, alarmId: string, reader: Principal): Promise<WholeReport> {
  const first = await readPage(bus, alarmId, reader);
  const nameOf = await readNames(bus, reader);
  const summary = first.summary ?? { recipients: 0, reached: 0, answered: 0, steps: [] };
  return {
    alarm: first.alarm,
    summary,
    checklist: first.checklist,
    items: itemsFrom(bus, alarmId, reader, first),
    nameOf,
  };
}

async function* itemsFrom(bus: Bus, alarmId: string, reader: Principal, first: AlarmReport): AsyncIterable<Item> {
  let page = first;
  for (let pages = 1; ; pages++) {
    yield* page.items;
    if (!page.next || pages >= MOST_PAGES) return;
    page = await readPage(bus, alarmId, reader, page.next);
  }
}

const readPage = (bus: Bus, alarmId: string, { token }: Principal, cursor?: string): Promise<AlarmReport> =>
  bus.request(readAlarmReport, { alarmId: alarmId as never, limit: PAGE, ...(cursor ? { cursor } : {}) }, { token });
