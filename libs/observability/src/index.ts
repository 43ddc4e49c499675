export * from './health.js';
export { lastLook } from './last-look.js';
export * from './lifecycle.js';
export * from './logger.js';
export * from './metrics.js';
export * from './reference-clock.js';
export * from './repeated-failure.js';
export * from './service.js';
export { type EndSpan, enterSpan, isTracing, type SpanStart, traced, traceparent } from './tracing/trace.js';
