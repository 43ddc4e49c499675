import { html } from './escape.js';
import { END, facts as listed, opening, row, table } from './page.js';
import { type Times, timesIn } from './times.js';
import type { Item, WholeReport } from './report-source.js';

/**
 * The report of an alarm as one page to read and to print, part by part: who was told when by which way, what came of it, who
 * answered what. Complete in itself, and what people wrote is only ever text in it.
 */
export async function* reportPage(report: WholeReport, timeZone: string): AsyncIterable<string> {
  const times = timesIn(timeZone);
  yield head(report, times);
  for await (const item of report.items) yield person(item, report, times);
  yield `</tbody></table>\n${END}`;
}

const head = (report: WholeReport, times: Times): string => {
  const { alarm, summary } = report;
  const steps = summary.steps.map(({ step, cycle, firstAt, people }) =>
    row([String(step + 1), String(cycle + 1), times.show(firstAt), String(people)]),
  );
  return `${opening(alarm.title)}${alarm.isDrill ? '<p class="drill">Drill</p>\n' : ''}<h1>${html(alarm.title)}</h1>
<p class="text">${html(alarm.text)}</p>
${listed(facts(report, times))}<h2>Steps</h2>
${table(['Step', 'Round', 'First told', 'People'], steps)}${checklist(report, times)}<h2>People</h2>
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
    ['Times', times.said],
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
  return `<h2>Checklist</h2>\n${table(['What', 'Whose', 'Done'], lines)}`;
}

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
