import { type Dashboard, graph, growth, max, quantiles, query, rate, stat, sum } from './panels.js';

export const gateway: Dashboard = {
  uid: 'relais-gateway',
  title: 'Gateway and connections',
  description: 'Who comes, who goes and why, and what each gateway bears.',
  alerts: [
    'RelaisReconnectStorm',
    'RelaisGatewaySaturation',
    'RelaisSlowConsumers',
    'RelaisAlarmShed',
    'RelaisHpaMaxedOut',
  ],
  rows: [
    {
      title: 'Sockets',
      panels: [
        graph(
          'Open',
          'short',
          'By gateway. New ones go to new gateways only as people connect.',
          sum('relais_gateway_connections', 'pod'),
        ),
        graph(
          'Full',
          'percentunit',
          'Of what a gateway may hold.',
          query(
            'sum by (pod) (relais_gateway_connections{$S}) / sum by (pod) (relais_gateway_connection_capacity{$S})',
            '{{pod}}',
          ),
        ),
        graph(
          'Opened',
          'ops',
          'Each second. More than a tenth of all that are open is a storm.',
          rate('relais_gateway_connections_opened_total', 'pod'),
        ),
        graph(
          'Closed',
          'ops',
          'Each second, by who or what closed them.',
          rate('relais_gateway_connections_closed_total', 'reason'),
        ),
      ],
    },
    {
      title: 'Coming in',
      panels: [
        graph(
          'Until ready',
          's',
          'From the open socket to ready or refused.',
          quantiles('relais_gateway_handshake_duration_seconds', 'outcome'),
        ),
        graph(
          'Turned away',
          'ops',
          'Before the socket opened.',
          rate('relais_gateway_upgrades_refused_total', 'reason'),
        ),
        graph(
          'Came back',
          'ops',
          'Asked for what they missed (resumed), or for everything.',
          rate('relais_gateway_resumes_total', 'outcome'),
        ),
        graph(
          'Limits',
          'ops',
          'Requests and frames that a limit refused.',
          rate('relais_gateway_rate_limited_total', 'limit'),
        ),
      ],
    },
    {
      title: 'Pressure',
      panels: [
        graph(
          'Queued for sockets',
          'bytes',
          'As of the last heartbeat.',
          sum('relais_gateway_send_queue_bytes', 'pod'),
        ),
        graph(
          'Read too slowly',
          'ops',
          'Sockets closed for it, each second.',
          rate('relais_gateway_slow_consumers_total', 'pod'),
        ),
        graph('Dropped under pressure', 'ops', 'Typing first, alarms never.', rate('relais_shed_total', 'class')),
        stat(
          'Frames of alarms dropped',
          'short',
          'In the time shown. Must be 0.',
          growth('relais_shed_total', '', 'class="alarm"'),
        ),
      ],
    },
    {
      title: 'HTTP and frames',
      panels: [
        graph('Requests', 'ops', 'By class of their status.', rate('relais_gateway_requests_total', 'status')),
        graph(
          'Slowest operations',
          's',
          'The time that all but one in a hundred requests keep within.',
          query(
            'topk(8, histogram_quantile(0.99, sum by (le, operation) (rate(relais_gateway_request_duration_seconds_bucket{$S}[$__rate_interval]))))',
            '{{operation}}',
          ),
        ),
        graph('Frames', 'ops', 'In and out.', rate('relais_gateway_frames_total', 'direction, type')),
        graph('Going away', 'none', '1 while a gateway drains.', max('relais_gateway_draining', 'pod')),
      ],
    },
  ],
};
