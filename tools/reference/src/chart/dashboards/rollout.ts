import { type Dashboard, graph, growth, max, quantiles, query, rate, stat, sum } from './panels.js';

export const rollout: Dashboard = {
  uid: 'relais-rollout',
  title: 'Rollout',
  description: 'Which versions run, who leaves, and whether anybody notices.',
  alerts: ['RelaisGatewayDrainForced', 'RelaisSchemaMismatch', 'RelaisPdbViolated'],
  rows: [
    {
      title: 'Versions',
      panels: [
        graph('Replicas', 'short', 'By service and version.', sum('relais_build_info', 'service, version')),
        graph(
          'Migrations ahead',
          'short',
          'In the database, of what a replica knows. 0 when the upgrade is over.',
          query('max by (pod) (relais_schema_version{$S} - relais_schema_required{$S})', '{{pod}}'),
        ),
        graph(
          'Up for',
          's',
          'A saw is a crash loop.',
          query('time() - max by (pod) (process_start_time_seconds{$S})', '{{pod}}'),
        ),
      ],
    },
    {
      title: 'Gateways that leave',
      panels: [
        graph('Draining', 'none', '1 while a gateway goes.', max('relais_gateway_draining', 'pod')),
        graph('Sockets', 'short', 'By gateway.', sum('relais_gateway_connections', 'pod')),
        stat(
          'Cut',
          'short',
          'Sockets not closed in good order, in the time shown.',
          growth('relais_gateway_drain_forced_closes_total'),
        ),
      ],
    },
    {
      title: 'Who notices',
      panels: [
        graph(
          'Closed to drain',
          'ops',
          'Each second.',
          rate('relais_gateway_connections_closed_total', '', 'reason="draining"'),
        ),
        graph('Came back', 'ops', 'Each second.', rate('relais_gateway_resumes_total', 'outcome')),
        graph(
          'Not recorded',
          'ops',
          'Appends, by why.',
          rate('relais_messages_accepted_total', 'outcome', 'outcome!="ok"'),
        ),
        graph(
          'Late',
          's',
          'From the commit to open sockets.',
          quantiles('relais_message_delivery_duration_seconds', '', 'path="online"'),
        ),
      ],
    },
  ],
};
