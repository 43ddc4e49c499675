import type { RequestContract, SignalContract } from '@relais/contracts';
import type { z } from 'zod';

export interface RequestOptions {
  /** The access token of the person in whose name this is asked. */
  token?: string;
  /** How long to wait for the reply, in milliseconds. By default what the contract says. */
  timeoutMs?: number;
}

/** Typed request/reply and signals between services. Implemented over NATS, and in memory for tests. */
export abstract class Bus {
  /**
   * Asks whichever replica of the owning service takes it.
   *
   * @throws AppError with a code the contract declares, as the service raised it; `bus_timeout` (kind `timeout`) when no
   *   reply came in time: the work may or may not have been done; `bus_no_responders` or `bus_disconnected`
   *   (kind `unavailable`) when it was not taken at all.
   */
  abstract request<In extends z.ZodType, Out extends z.ZodType, Code extends string>(
    contract: RequestContract<In, Out, Code>,
    input: z.input<In>,
    options?: RequestOptions,
  ): Promise<z.output<Out>>;

  /** Tells every listening replica, at most once. Whoever must not miss it also polls. */
  abstract signal<Data extends z.ZodType>(contract: SignalContract<Data>, data: z.input<Data>): void;

  /** Hears a signal until the returned function is called. Malformed signals are dropped and counted. */
  abstract hear<Data extends z.ZodType>(
    contract: SignalContract<Data>,
    listener: (data: z.output<Data>) => void,
  ): () => void;
}
