import type { DrillReport } from '@relais/contracts';
import { html } from './escape.js';
import type { WholeDrill } from './drill-source.js';
import { END, facts, opening, row, table } from './page.js';
import { type Times, timesIn } from './times.js';

/**
 * A drill as one page to read and to print: whom it reached by which way, whom not, and what else would go wrong. Complete in
 * itself, and what people wrote is only ever text in it.
 */
export function drillPage(whole: WholeDrill, timeZone: string): string {
  const times = timesIn(timeZone);
  const { report } = whole.drill;
  const parts = report
    ? [reach(report, whole), missed(report, whole), duty(report, whole, times), policies(report, whole)]
    : [];
  return [opening('Drill'), '<h1>Drill</h1>\n', facts(about(whole, times)), ...parts, END].join('');
}

function about({ drill, nameOf, titleOf }: WholeDrill, times: Times): [string, string][] {
  const { plan, report } = drill;
  const whom = plan.everyone ? 'everybody' : plan.poolIds.map((id) => html(titleOf(id))).join(', ');
  const judged: [string, string][] = report
    ? [
        ['Reached', `${report.reached} of ${report.people} people by at least one device`],
        ['Dead push registrations', String(report.deadTokens)],
        [
          'Made of',
          `reach ${percent(report.parts.reach)}, duty ${percent(report.parts.duty)}, policies ${percent(report.parts.policies)}`,
        ],
      ]
    : [];
  return [
    ['Score', drill.score === undefined ? '—' : `${drill.score} of 100`],
    ['State', html(drill.state)],
    [
      'Began',
      `${times.show(drill.startedAt)}${drill.startedBy ? ` by ${html(nameOf(drill.startedBy))}` : ' by schedule'}`,
    ],
    ['Ended', times.show(drill.endedAt)],
    ['For', `${whom}, for ${plan.seconds} s`],
    ...judged,
    ['Times', times.said],
    ['Number', html(drill.id)],
  ];
}

const percent = (part: number): string => `${Math.round(100 * part)} %`;

function reach({ pools, paths }: DrillReport, { titleOf }: WholeDrill): string {
  const ofPools = pools.map(({ poolId, people, reached }) => row([html(titleOf(poolId)), `${reached} of ${people}`]));
  const ofPaths = paths.map(({ path, told, sent, received, failed, problems }) => {
    const why = Object.entries(problems).map(([problem, count]) => `${html(problem)}: ${count}`);
    return row([html(path), String(told), String(sent), String(received), String(failed), why.join(', ') || '—']);
  });
  return `${section('Pools', ['Pool', 'Reached'], ofPools)}${section('Ways', ['Way', 'Told', 'Sent', 'On a device', 'Failed', 'Why'], ofPaths)}`;
}

function missed({ unreached, withoutPath }: DrillReport, { nameOf }: WholeDrill): string {
  const without = new Set(withoutPath);
  const lines = unreached.map((id) =>
    row([html(nameOf(id)), without.has(id) ? 'none but an open app' : 'others than the app, too']),
  );
  return section('People whom nothing reached', ['Who', 'Ways'], lines);
}

function duty({ gaps }: DrillReport, { titleOf }: WholeDrill, times: Times): string {
  const lines = gaps.map(({ rosterId, from, to }) => row([html(titleOf(rosterId)), times.show(from), times.show(to)]));
  return section('Nobody on duty', ['Roster', 'From', 'To'], lines);
}

function policies({ policies: all }: DrillReport, { titleOf }: WholeDrill): string {
  const found = all.filter(({ errors, warnings }) => errors + warnings > 0);
  const lines = found.map(({ policyId, errors, warnings }) =>
    row([html(titleOf(policyId)), String(errors), String(warnings)]),
  );
  return section('Policies that would not work', ['Policy', 'Errors', 'Warnings'], lines);
}

const section = (title: string, heads: readonly string[], rows: readonly string[]): string =>
  rows.length === 0 ? '' : `<h2>${title}</h2>\n${table(heads, rows)}`;
