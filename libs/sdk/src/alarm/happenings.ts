import type { AlarmReport } from '@relais/contracts';

/** Something that happened to an alarm, by the server's clock. */
export interface Happening {
  /** Says of two whether they are the same. */
  key: string;
  at: string;
  userId: AlarmReport['items'][number]['userId'];
  /** What happened, after a name: "is told by socket". */
  says: string;
}

type Item = AlarmReport['items'][number];
type Told = Item['told'][number];

/** All that a report says happened, in the order of its times. */
export const happeningsOf = ({ items, alarm }: Pick<AlarmReport, 'items' | 'alarm'>): Happening[] =>
  items
    .flatMap((item) => [...item.told.flatMap((told) => tellings(item, told)), ...answer(item, alarm)])
    .toSorted((a, b) => a.at.localeCompare(b.at));

function tellings({ userId }: Item, told: Told): Happening[] {
  const { step, cycle, path, state } = told;
  const where = `${path}, step ${step + 1}${cycle > 0 ? `, round ${cycle + 1}` : ''}`;
  const key = [userId, step, cycle, path].join('.');
  const happened = (what: string, at: string | undefined, says: string): Happening[] =>
    at === undefined ? [] : [{ key: `${key}.${what}`, at, userId, says }];
  return [
    ...happened('sent', told.sentAt, `is told (${where})`),
    ...happened('received', told.receivedAt, `has it on a device (${path})`),
    ...happened('shown', told.shownAt, `has seen it (${path})`),
    ...(state === 'failed' ? happened('failed', told.queuedAt, `cannot be told (${where}): ${told.problem}`) : []),
    ...(state === 'skipped' ? happened('skipped', told.queuedAt, `need not be told any more (${where})`) : []),
  ];
}

function answer({ userId, answeredAt, etaMinutes, note, ...item }: Item, { answers }: AlarmReport['alarm']) {
  if (answeredAt === undefined || item.answer === undefined) return [];
  const label = answers.find(({ key }) => key === item.answer)?.label ?? item.answer;
  const eta = etaMinutes === undefined ? '' : `, there in ${etaMinutes} min`;
  const says = `answers: ${label}${eta}${note === undefined ? '' : ` — ${note}`}`;
  return [{ key: `${userId}.${answeredAt}`, at: answeredAt, userId, says }];
}
