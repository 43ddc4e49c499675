import { counter } from '../metrics.js';

/** A stretch of work as a trace shows it. Names and attributes come from code: no content, no ids of people or things. */
export interface SpanStart {
  /** An operation, a subject of a contract, a verb: of a closed set. */
  name: string;
  /** A `server` begins a trace where nobody sent one along; a `client` outside of a trace leaves no mark. */
  kind: 'server' | 'client';
  attributes: Readonly<Record<string, string | number>>;
  /** The W3C `traceparent` that came with a request. */
  parent?: string | undefined;
}

/** Ends a span; with the code of the failure when it went wrong. */
export type EndSpan = (failure?: string, attributes?: SpanStart['attributes']) => void;

export interface Tracing {
  /** Runs `next` inside of a new span, which lasts until the end is told. */
  enter<Result>(start: SpanStart, next: () => Result): { result: Result; end: EndSpan };
  /** The `traceparent` of the span that the caller is in. */
  current(): string | undefined;
}

export const spans = counter('relais_trace_spans_total', 'Spans of traces, by what became of them', ['outcome']);

let tracing: Tracing | undefined;

/** From now on work is traced by this, and by nothing where it is undefined. */
export const traceWith = (used: Tracing | undefined): void => {
  tracing = used;
};

export const isTracing = (): boolean => tracing !== undefined;

/** What to send along with a request to somebody else, or undefined outside of a trace. */
export const traceparent = (): string | undefined => tracing?.current();

/** Runs work in a span of its own that ends with it. Costs nothing where nothing is traced. */
export function traced<Result>(start: SpanStart, work: () => Promise<Result>): Promise<Result> {
  if (!tracing) return work();
  const { result, end } = tracing.enter(start, work);
  result.then(
    () => end(),
    (error: unknown) => end(codeOf(error)),
  );
  return result;
}

/** Goes on inside of a span whose end is told later. */
export function enterSpan(start: SpanStart, next: () => void): EndSpan {
  if (tracing) return tracing.enter(start, next).end;
  next();
  return () => undefined;
}

const codeOf = (error: unknown): string => {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' ? code : 'internal_error';
};
