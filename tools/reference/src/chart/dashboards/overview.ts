import { type Dashboard, graph, max, min, query, rate, stat, sum, table } from './panels.js';

/** What is left of a month's budget, at the pace of the last three days. */
const left = (sli: string, budget: number) =>
  query(`1 - (1 - relais:${sli}:ratio_rate3d{namespace="$namespace"}) / ${budget}`, sli);
const share = (sli: string) => query(`relais:${sli}:ratio_rate1h{namespace="$namespace"}`, sli);

export const overview: Dashboard = {
  uid: 'relais-overview',
  title: 'Overview',
  description: 'Whether people are served, and what is left of the budgets.',
  alerts: [
    'RelaisMetricsAbsent',
    'RelaisAcceptErrorBudgetBurn',
    'RelaisDeliverySlowBudgetBurn',
    'RelaisConnectErrorBudgetBurn',
  ],
  rows: [
    {
      title: 'Now',
      panels: [
        stat('Open sockets', 'short', 'Of all gateways together.', sum('relais_gateway_connections')),
        stat('Messages recorded', 'ops', 'Each second.', rate('relais_messages_accepted_total', '', 'outcome="ok"')),
        stat(
          'Test alarms come through',
          'percentunit',
          'Of the last hour, from where it is worst.',
          share('alarm_probe'),
        ),
        stat(
          'People not reached',
          'short',
          'Told of an open alarm more than a minute ago.',
          query('max(relais_alarm_unreached_recipients{$S})', 'not reached'),
        ),
      ],
    },
    {
      title: 'Service levels',
      panels: [
        graph(
          'Left of the month',
          'percentunit',
          'Below zero the month is over budget, at the pace of the last three days.',
          left('connect', 0.001),
          left('accept', 0.0005),
          left('delivery', 0.005),
        ),
        graph(
          'Served well, by the hour',
          'percentunit',
          'Connected within 1 s, recorded or rightly refused, delivered within 1 s, alarms told within 5 s and received within 3 s.',
          share('connect'),
          share('accept'),
          share('delivery'),
          share('alarm_dispatch'),
          share('alarm_delivery'),
        ),
      ],
    },
    {
      title: 'Trouble',
      panels: [
        table(
          'Alerts that fire',
          'none',
          'Each has a runbook under its name.',
          query('ALERTS{alertname=~"Relais.+",alertstate="firing"}', ''),
        ),
        graph(
          'Dependencies',
          'none',
          '1 answered when last asked, 0 did not; the worst replica of each.',
          min('relais_dependency_up', 'dependency'),
        ),
        graph(
          'Clock',
          's',
          'How far the clock of a replica is ahead of the database.',
          max('relais_clock_skew_seconds', 'pod'),
        ),
      ],
    },
  ],
};
