import { html } from './escape.js';
import { type Times, timesIn } from './times.js';
import type { Item, WholeReport } from './report-source.js';

const STYLE = `body{font:11pt/1.4 system-ui,sans-serif;margin:2cm;max-width:70em}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.2em .6em;border-bottom:1px solid #bbb}tr{break-inside:avoid}
thead{display:table-header-group}dt{float:left;clear:left;width:10em;color:#555}dd{margin-left:10em}small{color:#555}
p.text{white-space:pre-wrap}.drill{border:2px solid;padding:.2em .6em;display:inline-block}
@page{margin:1.5cm}@media print{body{margin:0;font-size:9pt;max-width:none}h2{break-after:avoid}}`;

/** Nothing is loaded and nothing runs. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The report of an alarm as one page to read and to print, part by part: who was told when by which way, what came of it, who
 * answered what. Complete in itself, and what people wrote is only ever text in it.
 */
export async function* reportPage(report: WholeReport, timeZone: string): AsyncIterable<string> {
  const times = timesIn(timeZone);
  yield head(report, times);
  for await (const item of report.items) yield person(item, report, times);
  yield `</tbody></table>\n</body></html>\n`;
}

const head = (report: WholeReport, times: Times): string => {
  const { alarm } = report;
  const title = html(alarm.title);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${html(PAGE_POLICY)}">
<meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head><body>
${alarm.isDrill ? '<p class="drill">Drill</p>\n' : ''}<h1>${title}</h1>
<p class="text">${html(alarm.text)}</p>
<dl>${facts(report, times)
    .map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`)
    .join('')}</dl>
<h2>Steps</h2>
<table><thead><tr><th>Step</th><th>Round</th><th>First told</th><th>People</th></tr></thead><tbody>
${report.summary.steps
  .map(({ step, cycle, firstAt, people }) =>
    row([String(step + 1), String(cycle + 1), times.show(firstAt), String(people)]),
  )
  .join('\n')}
</tbody></table>
${checklist(report, times)}<h2>People</h2>
<table><thead><tr><th>Who</th><th>Way</th><th>State</th><th>Told</th><th>On a device</th><th>Seen</th><th>Answer</th></tr></thead><tbody>
`;
};

function facts({ alarm, summary, nameOf }: WholeReport, times: Times): [string, string][] {
  return [
    ['Severity', html(alarm.severity)],
    ['State', `${html(alarm.state)}, taken on by ${alarm.accepted} of ${alarm.needed} needed`],
    ['Raised', `${times.show(alarm.raisedAt)}${alarm.raisedBy ? ` by ${html(nameOf(alarm.raisedBy))}` : ''}`],
    ['Reached', `${summary.reached} of ${summary.recipients} people by at least one device`],
    ['Answered', `${summary.answered} of ${summary.recipients}`],
    ['Times', `${html(times.zone)}, with UTC beside them; of the server`],
    ['Number', html(alarm.id)],
  ];
}

function checklist({ checklist: items, nameOf }: WholeReport, times: Times): string {
  if (items.length === 0) return '';
  const lines = items.map(({ text, assigneeId, doneBy, doneAt }) =>
    row([
      html(text),
      assigneeId ? html(nameOf(assigneeId)) : '—',
      doneAt ? `${times.show(doneAt)}${doneBy ? ` by ${html(nameOf(doneBy))}` : ''}` : '—',
    ]),
  );
  return `<h2>Checklist</h2>
<table><thead><tr><th>What</th><th>Whose</th><th>Done</th></tr></thead><tbody>
${lines.join('\n')}
</tbody></table>
`;
}

const row = (cells: readonly string[]): string => `<tr>${cells.map((one) => `<td>${one}</td>`).join('')}</tr>`;

/** A line for each telling; the name and the answer stand in the first. */
function person({ userId, told, ...item }: Item, { alarm, nameOf }: WholeReport, times: Times): string {
  const lines = told.length > 0 ? told : [undefined];
  return lines
    .map((one, at) =>
      row([
        at === 0 ? html(nameOf(userId)) : '',
        one ? `${html(one.path)} <small>step ${one.step + 1}, round ${one.cycle + 1}</small>` : '—',
        one ? `${html(one.state)}${one.problem ? ` <small>${html(one.problem)}</small>` : ''}` : '—',
        ...[one?.sentAt, one?.receivedAt, one?.shownAt].map((when) => times.show(when)),
        at === 0 ? answer(item, alarm, times) : '',
      ]),
    )
    .join('\n')
    .concat('\n');
}

function answer(item: Omit<Item, 'userId' | 'told'>, { answers }: WholeReport['alarm'], times: Times): string {
  if (item.answer === undefined) return '—';
  const label = answers.find(({ key }) => key === item.answer)?.label ?? item.answer;
  const eta = item.etaMinutes === undefined ? '' : `, there in ${item.etaMinutes} min`;
  const note = item.note === undefined ? '' : `<br>${html(item.note)}`;
  return `${html(label)}${eta}, ${times.show(item.answeredAt)}${note}`;
}
