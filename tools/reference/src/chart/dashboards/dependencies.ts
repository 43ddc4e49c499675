import { type Dashboard, graph, max, min, quantiles, query, rate } from './panels.js';

export const dependencies: Dashboard = {
  uid: 'relais-dependencies',
  title: 'NATS, PostgreSQL and Valkey, as seen by us',
  description: 'How the servers behind Relais answer it.',
  alerts: [
    'RelaisDependencyDown',
    'RelaisNatsConsumerLag',
    'RelaisNatsRedeliveryHigh',
    'RelaisEventsPutAside',
    'RelaisDbPoolExhausted',
    'RelaisNatsQuorumAtRisk',
    'RelaisCertificateExpiring',
    'RelaisBackupMissing',
    'RelaisRestoreTestOld',
  ],
  rows: [
    {
      title: 'PostgreSQL',
      panels: [
        graph(
          'Answers',
          'none',
          '1 answered when last asked, 0 did not.',
          min('relais_dependency_up', 'pod, dependency'),
        ),
        graph(
          'Connections',
          'short',
          'Busy, idle, and waited for.',
          query('sum by (service, state) (relais_db_pool_connections{$S})', '{{service}} {{state}}'),
        ),
        graph(
          'Slowest statements',
          's',
          'The time that all but one in a hundred keep within.',
          query(
            'topk(8, histogram_quantile(0.99, sum by (le, op) (rate(relais_db_query_duration_seconds_bucket{$S}[$__rate_interval]))))',
            '{{op}}',
          ),
        ),
        graph('Statements', 'ops', 'By service.', rate('relais_db_query_duration_seconds_count', 'service')),
      ],
    },
    {
      title: 'NATS: events',
      panels: [
        graph(
          'Behind',
          's',
          'How long ago the oldest event happened that is at work.',
          max('relais_nats_consumer_behind_seconds', 'consumer'),
        ),
        graph('Waiting', 'short', 'Events not yet handled.', max('relais_nats_consumer_pending', 'consumer')),
        graph('Handled', 'ops', 'By outcome.', rate('relais_events_handled_total', 'consumer, outcome')),
        graph('Came again', 'ops', 'Each second.', rate('relais_nats_consumer_redelivered_total', 'consumer')),
      ],
    },
    {
      title: 'NATS: requests',
      panels: [
        graph(
          'Slowest requests',
          's',
          'The time that all but one in a hundred keep within.',
          query(
            'topk(8, histogram_quantile(0.99, sum by (le, subject) (rate(relais_bus_request_duration_seconds_bucket{$S}[$__rate_interval]))))',
            '{{subject}}',
          ),
        ),
        graph('Not answered well', 'ops', 'By outcome.', rate('relais_bus_requests_total', 'outcome', 'outcome!="ok"')),
        graph(
          'Until the word of the stream',
          's',
          'Publishing a durable event.',
          quantiles('relais_nats_publish_duration_seconds', 'stream'),
        ),
        graph('Came back', 'ops', 'Connections to NATS.', rate('relais_nats_reconnects_total', 'pod')),
      ],
    },
    {
      title: 'Valkey',
      panels: [
        graph(
          'Limits',
          'ops',
          'Decided by the store, or by each gateway alone while it is away.',
          rate('relais_limit_decisions_total', 'by'),
        ),
      ],
    },
  ],
};
