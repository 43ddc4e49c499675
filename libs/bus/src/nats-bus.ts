import { errors, headers, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import type { RequestContract, SignalContract } from '@relais/contracts';
import { counter, isTracing, traced, traceparent } from '@relais/observability';
import { AppError } from '@relais/kernel';
import type { z } from 'zod';
import { Bus, type RequestOptions } from './bus.js';
import type { BusConnection } from './connect.js';
import { endOfTurn } from './end-of-turn.js';
import { Replies } from './replies.js';
import { decodeReply, HEADER, parseJson } from './wire.js';

const DEFAULT_TIMEOUT_MS = 2_000;
const malformed = counter('relais_nats_malformed_total', 'Messages dropped because they did not fit their contract', [
  'what',
]);

const failed = counter('relais_signals_failed_total', 'Signals whose listener threw');

export class NatsBus extends Bus {
  private readonly replies: Replies;

  constructor(private readonly connection: BusConnection) {
    super();
    this.replies = new Replies(connection.nats, `_INBOX.${connection.service}`);
  }

  request<In extends z.ZodType, Out extends z.ZodType, Code extends string>(
    contract: RequestContract<In, Out, Code>,
    input: z.input<In>,
    options: RequestOptions = {},
  ): Promise<z.output<Out>> {
    if (!isTracing()) return this.ask(contract, input, options);
    const attributes = { 'messaging.system': 'nats', 'messaging.destination.name': contract.subject };
    return traced({ name: `ask ${contract.subject}`, kind: 'client', attributes }, () =>
      this.ask(contract, input, options),
    );
  }

  private async ask<In extends z.ZodType, Out extends z.ZodType, Code extends string>(
    contract: RequestContract<In, Out, Code>,
    input: z.input<In>,
    { token, timeoutMs = contract.timeoutMs ?? DEFAULT_TIMEOUT_MS }: RequestOptions,
  ): Promise<z.output<Out>> {
    // Without this check a request made during an outage would wait in the client's buffer until it times out.
    if (!this.connection.isUp())
      throw new AppError('unavailable', 'bus_disconnected', undefined, { retryAfterMs: 1_000 });
    let reply: Msg;
    try {
      await endOfTurn();
      reply = await this.replies.request(contract.subject, JSON.stringify(input), {
        timeoutMs,
        headers: requestHeaders(timeoutMs, token),
      });
    } catch (error) {
      throw toAppError(error, contract.subject);
    }
    const output = contract.output.safeParse(decodeReply(reply.string()));
    if (output.success) return output.data;
    throw new AppError('internal', 'internal_error', 'malformed reply', { cause: output.error });
  }

  signal<Data extends z.ZodType>(contract: SignalContract<Data>, data: z.input<Data>): void {
    if (this.connection.nats.isClosed()) return;
    this.connection.nats.publish(contract.subject, JSON.stringify(data));
  }

  hear<Data extends z.ZodType>(contract: SignalContract<Data>, listener: (data: z.output<Data>) => void): () => void {
    const subscription = this.connection.nats.subscribe(contract.subject, {
      callback: (error, message) => {
        if (error) return;
        const parsed = contract.data.safeParse(parseJson(message.string()));
        if (parsed.success) hearing(listener, parsed.data);
        else malformed.inc({ what: 'signal' });
      },
    });
    return () => subscription.unsubscribe();
  }
}

/** What a listener throws would go through the NATS client and take the connection down. */
function hearing<Data>(listener: (data: Data) => void, data: Data): void {
  try {
    listener(data);
  } catch {
    failed.inc();
  }
}

function requestHeaders(timeoutMs: number, token: string | undefined): MsgHdrs {
  const all = headers();
  all.set(HEADER.timeoutMs, String(timeoutMs));
  if (token) all.set(HEADER.token, token);
  const trace = traceparent();
  if (trace) all.set(HEADER.trace, trace);
  return all;
}

function toAppError(cause: unknown, subject: string): AppError {
  if (cause instanceof errors.InvalidArgumentError && /max_payload/.test(cause.message))
    return new AppError('too_large', 'too_large', subject, { cause });
  if (cause instanceof errors.InvalidArgumentError) return AppError.from(cause);
  if (cause instanceof errors.TimeoutError)
    return new AppError('timeout', 'bus_timeout', subject, { cause, retryAfterMs: 250 });
  if (cause instanceof errors.NoRespondersError)
    return new AppError('unavailable', 'bus_no_responders', subject, { cause, retryAfterMs: 500 });
  return new AppError('unavailable', 'bus_disconnected', subject, { cause, retryAfterMs: 1_000 });
}
