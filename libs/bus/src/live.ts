import type { Subscription } from '@nats-io/transport-node';
import { counter, gauge } from '@relais/observability';
import type { BusConnection } from './connect.js';
import { atEndOfTurn } from './end-of-turn.js';
import { toBytes } from './wire.js';

const subjects = gauge('relais_live_subjects', 'Live subjects this replica is interested in');

const failed = counter('relais_live_failed_total', 'Live messages that could not be sent, or whose listener threw');

type Listener = (data: Uint8Array, subject: string) => void;

/** The sending half of live fan-out, for services that hold no sockets. */
export class LivePublisher {
  constructor(protected readonly connection: BusConnection) {}

  /** Sends to whoever is interested. Success means nothing but that the bytes are queued. */
  publish(subject: string, data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? toBytes(data) : data;
    atEndOfTurn(() => {
      try {
        if (!this.connection.nats.isClosed()) this.connection.nats.publish(subject, bytes);
      } catch {
        // Larger than NATS lets pass: lost like any live event, and repaired from the log.
        failed.inc();
      }
    });
  }
}

/**
 * Live fan-out: at most once, never stored. Interest is counted, so a subject is subscribed once per replica however
 * many sockets want it, and left when the last one goes.
 */
export class Live extends LivePublisher {
  private readonly interests = new Map<string, { subscription: Subscription; count: number }>();

  constructor(
    connection: BusConnection,
    private readonly listener: Listener,
  ) {
    super(connection);
  }

  /** Adds interest in a subject. Call the returned function once to give it back. */
  want(subject: string): () => void {
    const interest = this.interests.get(subject) ?? this.subscribe(subject);
    interest.count++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--interest.count > 0) return;
      interest.subscription.unsubscribe();
      this.interests.delete(subject);
      subjects.set(this.interests.size);
    };
  }

  /** Resolves when the server knows of every interest added so far: what is published after that arrives. */
  async settled(): Promise<void> {
    await this.connection.nats.flush();
  }

  /** What a listener throws would go through the NATS client and take the connection down. */
  private hear(data: Uint8Array, subject: string): void {
    try {
      this.listener(data, subject);
    } catch {
      failed.inc();
    }
  }

  private subscribe(subject: string): { subscription: Subscription; count: number } {
    const subscription = this.connection.nats.subscribe(subject, {
      callback: (error, message) => {
        if (!error) this.hear(message.data, message.subject);
      },
    });
    const interest = { subscription, count: 0 };
    this.interests.set(subject, interest);
    subjects.set(this.interests.size);
    return interest;
  }
}
