import { AckPolicy, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { EventContract } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { counter, gauge, type Log } from '@relais/observability';
import type { z } from 'zod';
import { type EventStream, STREAM } from './event-stream.js';
import { parseJson } from './wire.js';

const MAX_ATTEMPTS = 5;
const RETRY_DELAYS_MS = [100, 500, 2_000, 5_000];
const MAX_RETRY_DELAY_MS = 5_000;
/** Given back without a delay, some come twice and others only after half a minute (2.9.10). */
const HAND_OVER_DELAY_MS = 50;
const ACK_WAIT_MS = 30_000;
/** A consumer that was deleted is noticed when two of these are missing. */
const HEARTBEAT_MS = 3_000;
/** Of all replicas together, where they handle several at once. */
const MAX_IN_HANDS = 10_000;

const handled = counter('relais_events_handled_total', 'Durable events, by consumer and outcome', [
  'consumer',
  'outcome',
]);
const redelivered = counter('relais_nats_consumer_redelivered_total', 'Events that came again', ['consumer']);
const pending = gauge('relais_nats_consumer_pending', 'Events not yet handled', ['consumer']);

/** From the start, so that the first one put aside counts in what grows. */
function declareSeries(consumer: string): void {
  for (const outcome of ['ok', 'failed', 'dead']) handled.inc({ consumer, outcome }, 0);
  redelivered.inc({ consumer }, 0);
}

/** A replica that gave an event back is still behind by it, until it must have come again to some replica. */
const REMEMBERED_MS = 2 * MAX_RETRY_DELAY_MS;
const consumers = new Map<string, { behindMs(): number }>();
gauge(
  'relais_nats_consumer_behind_seconds',
  'How long ago the oldest event happened that is at work here, or has just failed',
  ['consumer'],
  (behind) => consumers.forEach((one, consumer) => behind.set({ consumer }, one.behindMs() / 1_000)),
);

export interface ConsumerOptions<Data extends z.ZodType> {
  /** `<service>-<purpose>`; all replicas share its position. */
  name: string;
  contract: EventContract<Data>;
  /**
   * Must be idempotent by the event's id: at-least-once delivery is all there is. It may take long; one that does looks at
   * `isStopping` now and then, and throws a retryable AppError to leave the rest to the next replica.
   */
  handle(data: z.output<Data>, isStopping: () => boolean): Promise<void>;
  /** Events handled at once; 1 keeps their order. */
  concurrency?: number;
  /** Without a sign of life from a replica for so long, the server gives its event to another one. */
  ackWaitMs?: number;
  log: Log;
}

/**
 * Takes one kind of event from the stream, over and over. An event that fails is tried five times with growing pauses,
 * then put aside on `dlq.<consumer>` with the reason, and the stream goes on; a malformed one is put aside at once.
 * One that fails because something is away (a retryable AppError) is tried until it is back.
 */
export class EventConsumer<Data extends z.ZodType> {
  private messages: ConsumerMessages | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;
  private readonly inHand = new Set<Promise<void>>();
  /** By sequence: when it happened, and until when it counts. */
  private readonly unsettled = new Map<number, { happenedAtMs: number; untilMs: number }>();

  constructor(
    private readonly stream: EventStream,
    private readonly options: ConsumerOptions<Data>,
  ) {}

  private get concurrency(): number {
    return this.options.concurrency ?? 1;
  }

  private get ackWaitMs(): number {
    return this.options.ackWaitMs ?? ACK_WAIT_MS;
  }

  start(): void {
    declareSeries(this.options.name);
    consumers.set(this.options.name, this);
    this.running = this.run();
  }

  /** How long ago the oldest event happened that this replica is at work on, or gave back a moment ago; 0 when none. */
  behindMs(): number {
    const now = Date.now();
    for (const [seq, { untilMs }] of this.unsettled) if (untilMs < now) this.unsettled.delete(seq);
    const oldest = Math.min(now, ...[...this.unsettled.values()].map(({ happenedAtMs }) => happenedAtMs));
    return now - oldest;
  }

  /** Finishes the event at hand, leaves the others to the next replica, and stops. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.messages?.close().catch(() => undefined);
    await this.running;
    await Promise.allSettled(this.inHand);
    this.unsettled.clear();
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      try {
        this.messages = await this.open();
        // It is closed when the loop below has come to its end: waiting here would be waiting for ever.
        if (this.isStopped) void this.messages.close().catch(() => undefined);
        for await (const message of this.messages) {
          pending.set({ consumer: this.options.name }, message.info.pending);
          if (message.info.deliveryCount > 1) redelivered.inc({ consumer: this.options.name });
          if (this.isStopped) message.nak(HAND_OVER_DELAY_MS);
          else await this.begin(message);
        }
      } catch (error) {
        if (!this.isStopped)
          this.options.log.warn({ event: 'consumer.interrupted', consumer: this.options.name, error });
      }
      if (!this.isStopped) await pause(1_000);
    }
  }

  /** Resolves when the next one may be begun, too. */
  private async begin(message: JsMsg): Promise<void> {
    if (this.concurrency === 1) return this.take(message);
    const taking = this.take(message)
      .catch((error: unknown) => this.options.log.warn({ event: 'consumer.lost', consumer: this.options.name, error }))
      .finally(() => this.inHand.delete(taking));
    this.inHand.add(taking);
    if (this.inHand.size >= this.concurrency) await Promise.race(this.inHand);
  }

  /** The stream or the consumer may have been lost with the server's disk: both are made again when missing. */
  private async open(): Promise<ConsumerMessages> {
    const { name, contract } = this.options;
    await this.stream.ensure();
    const manager = await this.stream.management();
    await manager.consumers.add(STREAM, {
      durable_name: name,
      filter_subject: contract.subject,
      ack_policy: AckPolicy.Explicit,
      ack_wait: this.ackWaitMs * 1e6,
      max_deliver: -1,
      ...(this.concurrency > 1 ? { max_ack_pending: MAX_IN_HANDS } : {}),
    });
    const consumer = await this.stream.jetstream.consumers.get(STREAM, name);
    return consumer.consume({
      max_messages: Math.max(50, this.concurrency),
      expires: 20_000,
      idle_heartbeat: HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
  }

  private async take(message: JsMsg): Promise<void> {
    const happenedAtMs = message.info.timestampNanos / 1e6;
    this.unsettled.set(message.seq, { happenedAtMs, untilMs: Infinity });
    let isSettled = false;
    try {
      isSettled = await this.settle(message);
    } finally {
      if (isSettled) this.unsettled.delete(message.seq);
      else this.unsettled.set(message.seq, { happenedAtMs, untilMs: Date.now() + REMEMBERED_MS });
    }
  }

  /** @returns whether it will not come again */
  private async settle(message: JsMsg): Promise<boolean> {
    const { name, contract, handle, log } = this.options;
    const parsed = contract.data.safeParse(parseJson(message.string()));
    if (!parsed.success) {
      await this.putAside(message, 'malformed');
      return true;
    }
    try {
      await this.keeping(
        message,
        handle(parsed.data, () => this.isStopped),
      );
      message.ack();
      handled.inc({ consumer: name, outcome: 'ok' });
      return true;
    } catch (error) {
      const attempt = message.info.deliveryCount;
      log.warn({ event: 'consumer.failed', consumer: name, attempt, error });
      handled.inc({ consumer: name, outcome: 'failed' });
      const mayPass = error instanceof AppError && error.retryable;
      const isHopeless = attempt >= MAX_ATTEMPTS && !mayPass;
      if (isHopeless) await this.putAside(message, 'failed');
      else message.nak(RETRY_DELAYS_MS[attempt - 1] ?? MAX_RETRY_DELAY_MS);
      return isHopeless;
    }
  }

  /** Says now and then that the event is still at work, so that the server gives it to nobody else meanwhile. */
  private async keeping(message: JsMsg, work: Promise<void>): Promise<void> {
    const beat = setInterval(() => message.working(), this.ackWaitMs / 3);
    return work.finally(() => clearInterval(beat));
  }

  private async putAside(message: JsMsg, reason: 'malformed' | 'failed'): Promise<void> {
    const { name, log } = this.options;
    await this.stream.putAside(name, { subject: message.subject, seq: message.seq, reason, data: message.string() });
    // Without the reason, which servers before 2.10 take for no answer at all.
    message.term();
    handled.inc({ consumer: name, outcome: 'dead' });
    const { seq, subject } = message;
    const eventId = message.headers?.get('Nats-Msg-Id');
    log.error({ event: 'consumer.dead_letter', consumer: name, seq, subject, eventId, reason });
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref());
