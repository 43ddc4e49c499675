import { type Dashboard, graph, growth, max, quantiles, rate, stat, sum } from './panels.js';

export const messages: Dashboard = {
  uid: 'relais-messages',
  title: 'Message path',
  description: 'From the request to the disk, to the stream, to the socket, to the device.',
  alerts: [
    'RelaisAcceptSlow',
    'RelaisMessageIntegrityViolation',
    'RelaisContentUnreadable',
    'RelaisOutboxStuck',
    'RelaisRetentionBehind',
  ],
  rows: [
    {
      title: 'Recorded',
      panels: [
        graph('Appends', 'ops', 'By outcome: ok, or why not.', rate('relais_messages_accepted_total', 'outcome')),
        graph(
          'Until the commit',
          's',
          'From the request.',
          quantiles('relais_message_accept_duration_seconds', 'kind'),
        ),
        graph('Committed together', 'short', 'Appends in one transaction.', quantiles('relais_message_batch_entries')),
      ],
    },
    {
      title: 'On their way',
      panels: [
        graph(
          'Events waiting in the outbox',
          'short',
          'Not yet in the stream, by service that wrote them.',
          max('relais_outbox_pending', 'service'),
        ),
        graph('Oldest of them', 's', 'More than 30 s is an alert.', max('relais_outbox_oldest_age_seconds', 'service')),
        graph(
          'Recipients of an entry',
          'short',
          'Sockets of one gateway.',
          quantiles('relais_fanout_recipients', 'kind'),
        ),
        graph(
          'Handing over',
          's',
          'One entry to all sockets of a gateway.',
          quantiles('relais_fanout_duration_seconds', 'kind'),
        ),
      ],
    },
    {
      title: 'Delivered',
      panels: [
        graph(
          'To the socket',
          's',
          'From the commit, by whether it came live or was read again.',
          quantiles('relais_message_delivery_duration_seconds', 'path'),
        ),
        graph(
          'To the device',
          's',
          'From the commit until the device says that it has it.',
          quantiles('relais_message_client_ack_duration_seconds', 'kind'),
        ),
        graph('Live events', 'ops', 'By what became of them.', rate('relais_gateway_live_events_total', 'outcome')),
        graph('Missing entries read', 'ops', 'By outcome.', rate('relais_gateway_repairs_total', 'outcome')),
      ],
    },
    {
      title: 'Over',
      panels: [
        graph(
          'Cleared',
          'ops',
          'Contents, because their time was over, by why.',
          rate('relais_retention_deleted_total', 'reason'),
        ),
        graph(
          'Not cleared for',
          's',
          'Since the oldest was due. More than an hour is an alert.',
          max('relais_retention_oldest_overdue_seconds'),
        ),
      ],
    },
    {
      title: 'Integrity',
      panels: [
        stat('Holes left', 'short', 'In the time shown. Must be 0.', growth('relais_message_sequence_gaps_total')),
        stat(
          'Contents that do not open',
          'short',
          'In the time shown. Must be 0.',
          growth('relais_content_unreadable_total'),
        ),
        stat(
          'Outbox rebuilt',
          'short',
          'Times the stream was found lost or behind and filled again.',
          growth('relais_outbox_rebuilds_total'),
        ),
        stat('Live subjects', 'short', 'That gateways listen to.', sum('relais_live_subjects')),
      ],
    },
  ],
};
