import { type CloseName, CLOSE_CODES, conversationKind } from '@relais/contracts';
import { counter, DELIVERY_SECONDS, gauge, histogram, lastLook } from '@relais/observability';

const requests = counter('relais_gateway_requests_total', 'HTTP requests answered, by operation and status class', [
  'operation',
  'status',
]);
const requestDuration = histogram('relais_gateway_request_duration_seconds', 'Time to answer an HTTP request', [
  'operation',
]);
const limited = counter('relais_gateway_rate_limited_total', 'Requests and frames refused by a limit', ['limit']);
const proofs = counter('relais_gateway_proofs_total', 'Proofs of possession checked, by how it ended', ['outcome']);
const connections = gauge('relais_gateway_connections', 'Open sockets', ['transport']);
const capacity = gauge('relais_gateway_connection_capacity', 'Sockets this replica holds at most');
const opened = counter('relais_gateway_connections_opened_total', 'Sockets opened', ['transport']);
const closed = counter('relais_gateway_connections_closed_total', 'Sockets closed, by who or what closed them', [
  'reason',
]);
const upgradesRefused = counter('relais_gateway_upgrades_refused_total', 'Sockets refused before they opened', [
  'reason',
]);
const handshake = histogram('relais_gateway_handshake_duration_seconds', 'From the open socket to ready or refused', [
  'outcome',
]);
const resumes = counter('relais_gateway_resumes_total', 'Clients that asked for what they missed, by outcome', [
  'outcome',
]);
const frames = counter('relais_gateway_frames_total', 'Frames, by direction and type', ['direction', 'type']);
const slow = counter('relais_gateway_slow_consumers_total', 'Sockets closed because they were read too slowly');
const queueBytes = gauge(
  'relais_gateway_send_queue_bytes',
  'Bytes queued on all sockets, as of the last heartbeat tick',
);
const shedFrames = counter('relais_shed_total', 'Frames dropped under pressure', ['class', 'reason']);
const delivery = histogram(
  'relais_message_delivery_duration_seconds',
  'From the commit to the sockets of this replica, by the clocks of two servers',
  ['kind', 'path'],
  DELIVERY_SECONDS,
);
const clientAck = histogram(
  'relais_message_client_ack_duration_seconds',
  'From the commit until a device says that it has the entry; of entries that were the last of their log by then',
  ['kind'],
  DELIVERY_SECONDS,
);
const fanoutRecipients = histogram(
  'relais_fanout_recipients',
  'Sockets of this replica that one entry was handed to',
  ['kind'],
  [1, 2, 5, 10, 50, 100, 500, 1_000, 5_000, 20_000],
);
const fanoutDuration = histogram('relais_fanout_duration_seconds', 'Handing one entry to all sockets of this replica', [
  'kind',
]);
const liveEvents = counter('relais_gateway_live_events_total', 'Live events received, by what became of them', [
  'outcome',
]);
const repairs = counter('relais_gateway_repairs_total', 'Reads of missing entries, by outcome', ['outcome']);
const gaps = counter('relais_message_sequence_gaps_total', 'Holes in a log that nobody here could fill');
const draining = gauge('relais_gateway_draining', 'Whether this replica is going away');
const forced = counter('relais_gateway_drain_forced_closes_total', 'Sockets cut at the end of the drain window');
const revocation = histogram(
  'relais_auth_revocation_propagation_seconds',
  'From a revocation, by the database, until this replica has closed the last socket of whom it puts out',
  [],
  [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
);

/** What is dropped when a socket is slow, first to last; entries are never dropped one by one. */
export type LoadClass = 'alarm' | 'message' | 'receipt' | 'presence' | 'typing';
/** Why a socket ended: one of our close codes, the peer's own closing, or the network. */
export type EndReason = CloseName | 'client' | 'network';

/** An HTTP request was answered. `operation` is a key of ROUTES or `none`. */
export const requestAnswered = (operation: string, status: number, seconds: number): void => {
  requests.inc({ operation, status: `${Math.floor(status / 100)}xx` });
  requestDuration.observe({ operation }, seconds);
};
export const proofChecked = (outcome: string): void => proofs.inc({ outcome });
export const limitReached = (limit: string): void => limited.inc({ limit });
export const capacityIs = (sockets: number): void => capacity.set(sockets);
export const socketOpened = (open: number): void => {
  opened.inc({ transport: 'ws' });
  connections.set({ transport: 'ws' }, open);
};
export const socketClosed = (reason: EndReason, open: number): void => {
  closed.inc({ reason });
  connections.set({ transport: 'ws' }, open);
};
export const upgradeRefused = (reason: string): void => upgradesRefused.inc({ reason });
export const handshakeEnded = (outcome: 'ok' | 'auth' | 'overload' | 'error', seconds: number): void =>
  handshake.observe({ outcome }, seconds);
/** A client asked for what changed since its heads (`resumed`), or for everything. */
export const resumed = (outcome: 'resumed' | 'full_sync' | 'refused'): void => resumes.inc({ outcome });
export const frameReceived = (type: string): void => frames.inc({ direction: 'in', type });
export const framesSent = (type: string, count: number): void => frames.inc({ direction: 'out', type }, count);
export const slowConsumerClosed = (): void => slow.inc();
export const sendQueueIs = (bytes: number): void => queueBytes.set(bytes);
export const shed = (loadClass: LoadClass): void => shedFrames.inc({ class: loadClass, reason: 'slow_socket' });
/** An entry was handed to the last of `sockets` interested sockets of this replica, which took `fanoutSeconds`. */
export function entryDelivered(
  { kind, path, recordedAtMs }: { kind: string; path: 'online' | 'replay'; recordedAtMs: number },
  sockets: number,
  fanoutSeconds: number,
): void {
  delivery.observe({ kind, path }, sinceMs(recordedAtMs));
  fanoutRecipients.observe({ kind }, sockets);
  fanoutDuration.observe({ kind }, fanoutSeconds);
}
/** A device says that it has an entry. */
export const entryAcknowledged = ({ kind, recordedAtMs }: { kind: string; recordedAtMs: number }): void =>
  clientAck.observe({ kind }, sinceMs(recordedAtMs));
/** The clocks of two servers may differ by more than it took. */
const sinceMs = (recordedAtMs: number): number => Math.max(0, (Date.now() - recordedAtMs) / 1_000);
export const liveEvent = (outcome: 'delivered' | 'held' | 'duplicate' | 'unwanted' | 'malformed'): void =>
  liveEvents.inc({ outcome });
export const repaired = (outcome: 'ok' | 'failed'): void => repairs.inc({ outcome });
export const gapLeft = (): void => gaps.inc();
export const drainingIs = (isDraining: boolean): void => draining.set(isDraining ? 1 : 0);
/** Sockets were left at the end of the drain. The process ends in a moment, and somebody should have seen this by then. */
export const socketsCut = (count: number): void => {
  forced.inc(count);
  if (count > 0) lastLook.want();
};
/** The last socket of somebody who was put out is closed here. */
export const revocationApplied = (seconds: number): void => revocation.observe(seconds);

/** Series exist from the start, so that a rate over them is never "no data". */
export function declareSeries(): void {
  for (const loadClass of ['alarm', 'message', 'receipt', 'presence', 'typing'])
    shedFrames.inc({ class: loadClass, reason: 'slow_socket' }, 0);
  for (const reason of [...Object.keys(CLOSE_CODES), 'client', 'network']) closed.inc({ reason }, 0);
  for (const outcome of ['ok', 'auth', 'overload', 'error']) handshake.zero({ outcome });
  for (const kind of conversationKind.options) for (const path of ['online', 'replay']) delivery.zero({ kind, path });
  upgradesRefused.inc({ reason: 'overloaded' }, 0);
  opened.inc({ transport: 'ws' }, 0);
}
