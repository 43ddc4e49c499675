import { type Dashboard, graph, growth, max, quantiles, query, rate, stat, sum } from './panels.js';

const TRIGGER = 'relais_surge_trigger_duration_seconds';
/** The label `namespace` of a metric, which Prometheus calls so beside that of the operator itself. */
const OF_OBJECT = 'exported_namespace';

export const operator: Dashboard = {
  uid: 'relais-operator',
  title: 'Operator and surges',
  description:
    'Who leads, what it does, whether there are more gateways before everybody comes, and how routes and organizations stand.',
  alerts: [
    'RelaisOperatorNoLeader',
    'RelaisOperatorTwoLeaders',
    'RelaisOperatorWatchStale',
    'RelaisSurgeNotEffective',
    'RelaisSurgeStuck',
    'RelaisAlertRouteFailing',
    'RelaisOrganizationFailing',
  ],
  rows: [
    {
      title: 'Who leads',
      panels: [
        graph(
          'Leads',
          'none',
          '1 of the one that leads, 0 of those who stand by.',
          max('relais_operator_leader', 'pod'),
        ),
        stat(
          'Terms begun',
          'short',
          'Times an operator took the lease, in the time shown. Each upgrade makes one.',
          growth('relais_operator_lease_transitions_total'),
        ),
        graph(
          'Renewing the lease',
          's',
          'As slow as LEASE_RENEW_MS, and the leader stops leading.',
          quantiles('relais_operator_lease_renew_duration_seconds'),
        ),
      ],
    },
    {
      title: 'Watches',
      panels: [
        graph(
          'Silent for',
          's',
          'Since the API server was last heard of, which is every minute; five minutes are an alert.',
          query(
            'time() - max by (pod, resource) (relais_operator_watch_last_event_timestamp_seconds{$S})',
            '{{pod}} {{resource}}',
          ),
        ),
        graph(
          'Begun anew',
          'ops',
          'Watches that broke.',
          rate('relais_operator_watch_restarts_total', 'pod, resource'),
        ),
      ],
    },
    {
      title: 'Reconciling',
      panels: [
        graph('Objects', 'ops', 'Looked at, by result.', rate('relais_operator_reconcile_total', 'kind, result')),
        graph(
          'Failed',
          'percentunit',
          'Share of them.',
          query(
            'sum by (kind) (rate(relais_operator_reconcile_total{$S,result="failed"}[$__rate_interval])) / sum by (kind) (rate(relais_operator_reconcile_total{$S}[$__rate_interval]))',
            '{{kind}}',
          ),
        ),
        graph('Takes', 's', 'For one object.', quantiles('relais_operator_reconcile_duration_seconds', 'kind')),
      ],
    },
    {
      title: 'Surges',
      panels: [
        graph('On', 'short', 'Policies that hold more than usual.', sum('relais_surge_active')),
        graph(
          'Replicas',
          'short',
          'Asked for and ready, of all policies whose surge is on.',
          query('sum (relais_surge_requested_replicas{$S})', 'asked for'),
          query('sum (relais_surge_ready_replicas{$S})', 'ready'),
        ),
        graph(
          'Length',
          'short',
          'Of the longest, in times of what one alarm asks for. More than two is an alert.',
          max('relais_surge_age_ratio'),
        ),
        graph('Raised nothing', 'ops', 'Alarms and switches, by why.', rate('relais_surge_skipped_total', 'reason')),
      ],
    },
    {
      title: 'In time',
      panels: [
        graph(
          'Until the minimum is raised',
          's',
          'From the alarm or the switch. The promise is one second.',
          quantiles(TRIGGER),
          query('vector(1)', 'promised'),
        ),
        stat(
          'Raised within a second',
          'percentunit',
          'In the time shown.',
          query(
            `sum (increase(${TRIGGER}_bucket{$S,le="1"}[$__range])) / sum (increase(${TRIGGER}_count{$S}[$__range]))`,
            'within 1 s',
          ),
        ),
        graph(
          'Until the gateways are ready',
          's',
          'From the alarm or the switch to as many as were asked for.',
          quantiles('relais_surge_lead_time_seconds'),
        ),
      ],
    },
    {
      title: 'AlertRoutes and Organizations',
      panels: [
        graph(
          'Routes',
          'short',
          'By state: failing is tried again, stalled waits until somebody changes the route.',
          sum('relais_operator_alert_routes', 'state'),
        ),
        graph('Organizations', 'short', 'By state, in the same sense.', sum('relais_operator_organizations', 'state')),
        graph(
          'People',
          'short',
          'Active, by the namespace of the Organization.',
          max('relais_operator_organization_people', OF_OBJECT),
        ),
        graph(
          'Of the quota',
          'percentunit',
          'People as a share of how many there may be, where that is said. At 100 % nobody comes in.',
          query(
            `max by (${OF_OBJECT}) (relais_operator_organization_people{$S}) / max by (${OF_OBJECT}) (relais_operator_organization_max_people{$S})`,
            `{{${OF_OBJECT}}}`,
          ),
        ),
      ],
    },
  ],
};
