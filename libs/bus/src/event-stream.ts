import {
  jetstream,
  jetstreamManager,
  type JetStreamClient,
  JetStreamApiError,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { histogram, type Log } from '@relais/observability';
import type { BusConnection } from './connect.js';
import { toBytes } from './wire.js';

const publishing = histogram(
  'relais_nats_publish_duration_seconds',
  'From publishing a durable event to the word of the stream',
  ['stream'],
);

export const STREAM = 'EVENTS';
/** Where events go that nobody could handle. */
export const DEAD = 'DEAD';
const NANOS_PER_HOUR = 3_600 * 1e9;
/** As JSON six times as many bytes at worst, and still less than NATS takes. */
const MAX_LETTER_CHARACTERS = 100_000;

/** What tells one life of the stream from another, and how far it had come. */
export interface StreamState {
  /** When this stream was made; another value means that it was lost and made anew. */
  created: string;
  lastSeq: number;
}

/**
 * The one JetStream stream of durable events. It is a buffer: PostgreSQL's outbox is the truth, and a stream that is
 * gone or behind is filled again from there.
 */
export class EventStream {
  private readonly client: JetStreamClient;
  private manager: Promise<JetStreamManager> | undefined;

  constructor(
    private readonly connection: BusConnection,
    private readonly log: Log,
    private readonly options: { replicas: number; retentionHours: number },
  ) {
    this.client = jetstream(connection.nats, { timeout: 2_000 });
  }

  /** Makes the stream if it is missing, and says which one there is. */
  async ensure(): Promise<StreamState> {
    const manager = await this.management();
    const info = await manager.streams.info(STREAM).catch((error: unknown) => {
      if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
      throw error;
    });
    if (info && !info.config.allow_direct) await manager.streams.update(STREAM, { allow_direct: true });
    if (info) return { created: info.created, lastSeq: info.state.last_seq };
    this.log.warn({ event: 'stream.created', stream: STREAM });
    const made = await manager.streams.add({
      name: STREAM,
      subjects: ['evt.>'],
      storage: 'file',
      num_replicas: this.options.replicas,
      max_age: this.options.retentionHours * NANOS_PER_HOUR,
      duplicate_window: 120 * 1e9,
      allow_direct: true,
    });
    return { created: made.created, lastSeq: made.state.last_seq };
  }

  /** Publishes under the event's id and waits until the stream has it; doubles within two minutes are dropped there. */
  async publish(subject: string, id: string, data: string): Promise<number> {
    const told = publishing.startTimer({ stream: STREAM });
    const ack = await this.client.publish(subject, toBytes(data), { msgID: id, expect: { streamName: STREAM } });
    told();
    return ack.seq;
  }

  /** The seq of the last event under this subject that the stream still has; 0 when it has none. */
  async lastSeqOf(subject: string): Promise<number> {
    const manager = await this.management();
    return (await manager.direct.getMessage(STREAM, { last_by_subj: subject }))?.seq ?? 0;
  }

  /** Keeps an event that could not be handled, with the reason, for a person to look at: `DEAD`, 30 days, cut when long. */
  async putAside(
    consumer: string,
    letter: { subject: string; seq: number; reason: string; data: string },
  ): Promise<void> {
    const manager = await this.management();
    await manager.streams.add({
      name: DEAD,
      subjects: ['dlq.>'],
      storage: 'file',
      num_replicas: this.options.replicas,
      max_age: 30 * 24 * NANOS_PER_HOUR,
    });
    const data = letter.data.slice(0, MAX_LETTER_CHARACTERS);
    await this.client.publish(`dlq.${consumer}`, JSON.stringify({ ...letter, data }), {
      msgID: `${consumer}.${letter.seq}`,
    });
  }

  async management(): Promise<JetStreamManager> {
    this.manager ??= jetstreamManager(this.connection.nats, { timeout: 2_000, checkAPI: false });
    return this.manager;
  }

  get jetstream(): JetStreamClient {
    return this.client;
  }
}

const STREAM_NOT_FOUND = 10059;
