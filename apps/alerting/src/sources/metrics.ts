import { counter } from '@relais/observability';

const deliveries = counter(
  'relais_alarm_source_deliveries_total',
  'What sources of alarms were sent, by what became of it',
  ['outcome'],
);
const mappings = counter('relais_alarm_source_mappings_total', 'Bodies mapped in the sandbox, by how it ended', [
  'outcome',
]);
const beats = counter('relais_alarm_source_beats_total', 'Heartbeats, by whether they were heard', ['outcome']);

export const deliveryEnded = (outcome: string): void => deliveries.inc({ outcome });
export const mappingEnded = (outcome: 'ok' | 'failed' | 'stopped'): void => mappings.inc({ outcome });
export const beatEnded = (outcome: 'heard' | 'refused' | 'limited'): void => beats.inc({ outcome });
