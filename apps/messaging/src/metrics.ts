import { conversationKind } from '@relais/contracts';
import { counter, gauge, histogram } from '@relais/observability';
import { Overdue } from './expiry/overdue.js';

const acceptedTotal = counter('relais_messages_accepted_total', 'Appends, by kind of conversation and outcome', [
  'kind',
  'outcome',
]);
const acceptSeconds = histogram('relais_message_accept_duration_seconds', 'From the request to the commit', ['kind']);
const batchSize = histogram(
  'relais_message_batch_entries',
  'Appends committed together',
  undefined,
  [1, 2, 4, 8, 16, 32, 64, 128, 256],
);
const unreadable = counter(
  'relais_content_unreadable_total',
  'Contents that did not open with their key: changed or moved on disk',
  ['what'],
);
const expired = counter('relais_retention_deleted_total', 'Contents cleared because their time was over', ['reason']);
const overdue = new Overdue();
gauge(
  'relais_retention_oldest_overdue_seconds',
  'How long the oldest content that ought to be cleared has been due; grows where nobody could look for five minutes',
  [],
  (oldest) => oldest.set(overdue.seconds),
);

const destroyed = counter(
  'relais_data_keys_destroyed_total',
  'Keys destroyed because nothing that they sealed is kept any more',
);

/** An append was answered. `outcome` is `ok` or an error code. */
export function accepted(kind: 'direct' | 'group' | 'channel' | 'unknown', outcome: string, durationMs: number): void {
  acceptedTotal.inc({ kind, outcome });
  if (outcome === 'ok') acceptSeconds.observe({ kind }, durationMs / 1_000);
}

/** Somebody should look: this does not happen by itself. */
export const contentUnreadable = (what: 'body' | 'title'): void => unreadable.inc({ what });

export const batchCommitted = (entries: number): void => batchSize.observe(entries);

/** By their own end, or by how long their organization keeps what is said. */
export const contentsExpired = (reason: 'expired' | 'organization', count: number): void =>
  expired.inc({ reason }, count);

/** Of all organizations, as this replica sees it; 0 where nothing is due. */
export const overdueSeen = (seconds: number): void => overdue.saw(seconds);

export const keysDestroyed = (count: number): void => destroyed.inc({}, count);

/** Series exist from the start, so that the first event counts in a rate over them. */
function declareSeries(): void {
  for (const what of ['body', 'title']) unreadable.inc({ what }, 0);
  for (const kind of conversationKind.options) {
    acceptedTotal.inc({ kind, outcome: 'ok' }, 0);
    acceptSeconds.zero({ kind });
  }
}

declareSeries();
