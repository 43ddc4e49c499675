import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { EndSpan, SpanStart, Tracing } from './trace.js';

/** What is known of a span that has ended. */
export interface Span extends SpanStart {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  startedAtNs: bigint;
  endedAtNs: bigint;
  failure: string | undefined;
}

interface Context {
  traceId: string;
  spanId: string;
  isSampled: boolean;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Follows work through this process, and hands on what has ended. Whether a trace is told of is decided where it begins,
 * with the given share, and holds for everybody whom it comes to.
 */
export class Tracer implements Tracing {
  private readonly contexts = new AsyncLocalStorage<Context>();

  constructor(
    private readonly share: number,
    private readonly onEnded: (span: Span) => void,
  ) {}

  enter<Result>(start: SpanStart, next: () => Result): { result: Result; end: EndSpan } {
    const parent = start.kind === 'server' ? contextOf(start.parent) : this.contexts.getStore();
    if (!parent && start.kind === 'client') return { result: next(), end: () => undefined };
    const context = {
      traceId: parent?.traceId ?? randomId(16),
      spanId: randomId(8),
      isSampled: parent?.isSampled ?? Math.random() < this.share,
    };
    const startedAtNs = nowNs();
    const end: EndSpan = (failure, attributes = {}) => {
      if (!context.isSampled) return;
      const { traceId, spanId } = context;
      this.onEnded({
        ...{ ...start, attributes: { ...start.attributes, ...attributes }, traceId, spanId, failure },
        ...{ parentSpanId: parent?.spanId, startedAtNs, endedAtNs: nowNs() },
      });
    };
    return { result: this.contexts.run(context, next), end };
  }

  current(): string | undefined {
    const context = this.contexts.getStore();
    return context && `00-${context.traceId}-${context.spanId}-${context.isSampled ? '01' : '00'}`;
  }
}

/** Of a header that somebody else wrote; anything else than the form begins a trace of its own. */
function contextOf(traceparent: string | undefined): Context | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

const randomId = (bytes: number): string => randomBytes(bytes).toString('hex');

/** The wall clock at the start of the process, carried on by the clock that never jumps. */
const ORIGIN_NS = BigInt(Math.round(performance.timeOrigin * 1e6));
const nowNs = (): bigint => ORIGIN_NS + BigInt(Math.round(performance.now() * 1e6));
