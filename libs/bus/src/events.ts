// The connection and the durable events alone, for who answers no request: Nest is not read for them.
export * from './connect.js';
export * from './event-consumer.js';
export * from './event-stream.js';
