import { type Dashboard, graph, max, query, rate } from './panels.js';

export const processes: Dashboard = {
  uid: 'relais-processes',
  title: 'Processes',
  description: 'CPU, memory and the event loop of each replica.',
  alerts: ['RelaisEventLoopLag', 'RelaisClockSkewed'],
  rows: [
    {
      title: 'CPU and memory',
      panels: [
        graph('CPU', 'short', 'Cores.', rate('process_cpu_seconds_total', 'pod')),
        graph('Memory', 'bytes', 'Resident.', max('process_resident_memory_bytes', 'pod')),
        graph('Heap', 'bytes', 'Used.', max('nodejs_heap_size_used_bytes', 'pod')),
        graph('Outside the heap', 'bytes', 'Buffers, mostly of sockets.', max('nodejs_external_memory_bytes', 'pod')),
      ],
    },
    {
      title: 'Event loop',
      panels: [
        graph(
          'Held up',
          's',
          '99th percentile, without the 0.1 s between two looks; more than 0.2 s for five minutes is an alert.',
          query('max by (pod) (nodejs_eventloop_lag_p99_seconds{$S}) - 0.1', '{{pod}}'),
        ),
        graph('Collecting garbage', 'percentunit', 'Share of the time.', rate('nodejs_gc_duration_seconds_sum', 'pod')),
        graph(
          'Open files',
          'percentunit',
          'Of what the process may have.',
          query('max by (pod) (process_open_fds{$S} / process_max_fds{$S})', '{{pod}}'),
        ),
        graph('Clock', 's', 'Ahead of the database.', max('relais_clock_skew_seconds', 'pod')),
      ],
    },
  ],
};
