import { type Dashboard, graph, growth, max, min, quantiles, rate, stat } from './panels.js';

export const alarms: Dashboard = {
  uid: 'relais-alarms',
  title: 'Alarms and escalation',
  description: 'From the alarm to the answer of people, and whether the way there is open.',
  alerts: [
    ...['RelaisAlarmProbeFailing', 'RelaisAlarmWatchdogAbsent', 'RelaisAlarmEngineStalled', 'RelaisAlarmUndelivered'],
    ...['RelaisAlarmEscalationLate', 'RelaisAlarmDispatchSlow', 'RelaisAlarmDeliverySlow', 'RelaisAlarmDrillScoreLow'],
    ...['RelaisAlarmProviderCircuitOpen', 'RelaisAlarmAwaitingApproval'],
  ],
  rows: [
    {
      title: 'The way is open',
      panels: [
        stat(
          'Test alarm',
          'none',
          '1 came through, 0 did not; seen from inside and from outside.',
          min('relais_alarm_probe_success', 'vantage'),
        ),
        stat(
          'Not reached',
          'short',
          'People told of an open alarm more than a minute ago, without a device that has it.',
          max('relais_alarm_unreached_recipients', 'severity'),
        ),
        stat(
          'Last cycle of the engine',
          's',
          'How long ago, by the replica that works.',
          min('relais_alarm_engine_cycle_age_seconds'),
        ),
        stat('Last drill', 'short', 'Of 100 points.', min('relais_alarm_drill_score', 'audience')),
      ],
    },
    {
      title: 'Funnel',
      panels: [
        stat('Raised', 'short', 'In the time shown.', growth('relais_alarms_total', 'outcome')),
        stat('Told', 'short', 'Attempts, by what came of them.', growth('relais_alarm_notifications_total', 'outcome')),
        stat('Received', 'short', 'By the way.', growth('relais_alarm_delivery_duration_seconds_count', 'path')),
        stat('Answered', 'short', 'By the means.', growth('relais_alarm_answers_total', 'means')),
      ],
    },
    {
      title: 'How fast',
      panels: [
        graph(
          'All told',
          's',
          'From the alarm until the last of its first people.',
          quantiles('relais_alarm_dispatch_duration_seconds', 'severity'),
        ),
        graph(
          'Received',
          's',
          'From telling until a device has it.',
          quantiles('relais_alarm_delivery_duration_seconds', 'path'),
        ),
        graph(
          'Answered',
          's',
          'By people, from first telling.',
          quantiles('relais_alarm_ack_duration_seconds', 'severity'),
        ),
        graph(
          'Steps late',
          's',
          'By the clock of the database; more than 10 s is an alert.',
          quantiles('relais_alarm_escalation_delay_seconds', 'level'),
        ),
      ],
    },
    {
      title: 'Ways and sources',
      panels: [
        graph(
          'Providers',
          'none',
          '1 is asked, 0 is left out because it fails.',
          max('relais_alarm_provider_up', 'provider'),
        ),
        graph(
          'Sendings',
          'ops',
          'By what came of them.',
          rate('relais_alarm_provider_sendings_total', 'provider, outcome'),
        ),
        graph(
          'Sources',
          'ops',
          'What sources of alarms sent, by what became of it.',
          rate('relais_alarm_source_deliveries_total', 'outcome'),
        ),
        graph(
          'Would not work',
          'short',
          'Found in policies and rosters.',
          max('relais_alarm_policy_findings', 'severity'),
        ),
      ],
    },
  ],
};
