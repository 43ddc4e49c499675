import type { OutageReport } from '@relais/contracts';
import { escaped, moment, row, STYLE } from '../alarm/page.js';

type NameOf = (userId: OutageReport['breakGlass'][number]['userId']) => string;

/**
 * The report of an outage as one page to read and to print. Complete in itself: it loads nothing and runs nothing, and what
 * people wrote is only ever text in it. Times are UTC.
 */
export const renderOutage = (report: OutageReport, nameOf: NameOf): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Outage of ${moment(report.outage.beganAt)}</title><style>${STYLE}</style></head><body>
<h1>Outage of ${moment(report.outage.beganAt)} UTC</h1>
<p>${escaped(report.reason)}</p>
<dl>${facts(report, nameOf)
  .map(([name, value]) => `<dt>${name}</dt><dd>${escaped(value)}</dd>`)
  .join('')}</dl>
<h2>What the watch saw</h2>
${table(
  ['When (UTC)', 'What', 'Became', 'Because'],
  report.timeline.map(({ at, probe, became, problem }) => [moment(at), probe ?? 'the watch', became, problem ?? '']),
)}
<h2>Conversations</h2>
${table(
  ['Title', 'People let in', 'Kept apart', 'No room'],
  report.rooms.map((room) => [room.title, `${room.joined}`, `${room.keptApart}`, `${room.leftOut}`]),
)}
<h2>Who came in by break-glass</h2>
${table(
  ['When (UTC)', 'Who', 'On which device'],
  report.breakGlass.map(({ at, userId, deviceId }) => [moment(at), nameOf(userId), deviceId]),
)}
</body></html>
`;

const table = (heads: readonly string[], lines: readonly (readonly string[])[]): string =>
  lines.length === 0
    ? '<p>None.</p>'
    : `<table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>
${lines.map(row).join('\n')}
</tbody></table>`;

const MEANS = { person: 'a person', watch: 'the watch on the first channel', key: 'a key' } as const;

function facts({ outage, people, ...report }: OutageReport, nameOf: NameOf): [string, string][] {
  const by = (means: keyof typeof MEANS, userId: OutageReport['begunByUserId']) => {
    const name = userId ? ` ${nameOf(userId)}` : '';
    return `${MEANS[means]}${means === 'key' && name ? ` issued by${name}` : name && `:${name}`}`;
  };
  return [
    ['Began', `${moment(outage.beganAt)} UTC, switched by ${by(outage.begunBy, report.begunByUserId)}`],
    [
      'Ended',
      `${moment(outage.endedAt ?? '')} UTC, switched by ${by(outage.endedBy ?? 'person', report.endedByUserId)}${report.endReason ? `: ${report.endReason}` : ''}`,
    ],
    ['Lasted', lasted(report.durationSeconds)],
    ['Told', `${people.told} people, ${people.reached} of them by at least one device`],
    [
      'Answered',
      `${people.answered}${
        people.answered > 0
          ? ` (${Object.entries(people.answers)
              .map(([key, n]) => `${key}: ${n}`)
              .join(', ')})`
          : ''
      }`,
    ],
    ['Number', outage.id],
  ];
}

const lasted = (seconds: number): string =>
  [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part, at) => `${part} ${['h', 'min', 's'][at]}`)
    .join(' ');
