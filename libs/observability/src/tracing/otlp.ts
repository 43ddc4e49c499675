import type { Log } from '../logger.js';
import { spans } from './trace.js';
import type { Span } from './tracer.js';

const MAX_BATCH = 512;
/** More than this wait only while nobody takes them: then the newest are dropped. */
const MAX_WAITING = 4_096;
const FLUSH_MS = 2_000;
const TIMEOUT_MS = 10_000;
/** A process that ends waits no longer for somebody who does not answer. */
const LAST_TIMEOUT_MS = 2_000;
/** Of OTLP: how a span relates to its request, and how it ended. */
const KIND = { server: 2, client: 3 } as const;
const FAILED = 2;

export interface OtlpOptions {
  /** Without `/v1/traces`. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  /** Who tells: `service.name` and the like. */
  resource: Readonly<Record<string, string>>;
  log: Log;
}

/**
 * Sends spans to a collector: OTLP over HTTP in JSON, every two seconds or 512 spans. Tracing is no duty: what a collector
 * does not take in ten seconds is counted and dropped, and the service never waits for it.
 */
export class OtlpExporter {
  private waiting: Span[] = [];
  private sending: Promise<void> = Promise.resolve();
  private wasRefused = false;
  private readonly timer = setInterval(() => void this.flush(), FLUSH_MS).unref();

  constructor(private readonly options: OtlpOptions) {}

  readonly take = (span: Span): void => {
    if (this.waiting.length >= MAX_WAITING) return spans.inc({ outcome: 'dropped' });
    this.waiting.push(span);
    if (this.waiting.length === MAX_BATCH) void this.flush();
  };

  /** Sends what is left, within two seconds. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush(LAST_TIMEOUT_MS);
  }

  /** One batch at a time, in the order of their ends. */
  private flush(timeoutMs = TIMEOUT_MS): Promise<void> {
    this.sending = this.sending.then(async () => {
      while (this.waiting.length > 0) {
        const batch = this.waiting.splice(0, MAX_BATCH);
        const isTaken = await this.send(batch, timeoutMs);
        spans.inc({ outcome: isTaken ? 'sent' : 'dropped' }, batch.length);
      }
    });
    return this.sending;
  }

  private async send(batch: readonly Span[], timeoutMs: number): Promise<boolean> {
    const { endpoint, headers } = this.options;
    try {
      const answer = await fetch(`${endpoint.replace(/\/+$/, '')}/v1/traces`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(this.message(batch)),
        signal: AbortSignal.timeout(timeoutMs),
      });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`the collector answers ${answer.status}`);
      this.wasRefused = false;
      return true;
    } catch (error) {
      if (!this.wasRefused) this.options.log.warn({ event: 'tracing.not_taken', count: batch.length, error });
      this.wasRefused = true;
      return false;
    }
  }

  private message(batch: readonly Span[]) {
    const scope = { name: 'relais' };
    return {
      resourceSpans: [
        {
          resource: { attributes: attributesOf(this.options.resource) },
          scopeSpans: [{ scope, spans: batch.map(written) }],
        },
      ],
    };
  }
}

const written = ({ traceId, spanId, parentSpanId, name, kind, attributes, failure, startedAtNs, endedAtNs }: Span) => ({
  ...{ traceId, spanId, name, kind: KIND[kind] },
  ...(parentSpanId && { parentSpanId }),
  startTimeUnixNano: String(startedAtNs),
  endTimeUnixNano: String(endedAtNs),
  attributes: attributesOf(failure === undefined ? attributes : { ...attributes, 'error.type': failure }),
  status: failure === undefined ? {} : { code: FAILED },
});

const attributesOf = (attributes: Readonly<Record<string, string | number>>) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
