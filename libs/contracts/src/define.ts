import { AppError, type AppErrorOptions, type ErrorKind } from '@relais/kernel';
import type { z } from 'zod';

/** Who may ask: anyone, a signed-in person (their token travels along), or another service on its own account. */
export type Access = 'public' | 'user' | 'service';

export interface RequestContract<
  In extends z.ZodType = z.ZodType,
  Out extends z.ZodType = z.ZodType,
  Code extends string = string,
> {
  /** `rpc.<service>.<noun>.<verb>.v<n>`; the queue group is the service. */
  readonly subject: string;
  readonly access: Access;
  readonly input: In;
  readonly output: Out;
  readonly errors: Readonly<Record<Code, ErrorKind>>;
  /** Builds one of the errors this contract declares. */
  fail(code: Code, message?: string, options?: AppErrorOptions): AppError;
}

export const defineRequest = <In extends z.ZodType, Out extends z.ZodType, const Code extends string>(
  spec: Omit<RequestContract<In, Out, Code>, 'fail'>,
): RequestContract<In, Out, Code> => ({
  ...spec,
  fail: (code, message, options) => new AppError(spec.errors[code], code, message, options),
});

/** A durable, content-free fact: `evt.<service>.<noun>.<past>.v<n>`, at least once, idempotent by event id. */
export interface EventContract<Data extends z.ZodType = z.ZodType> {
  readonly subject: string;
  readonly data: Data;
}

export const defineEvent = <Data extends z.ZodType>(spec: EventContract<Data>): EventContract<Data> => spec;

/** A hint to every replica of a service: `all.<service>.<verb>.v<n>`, at most once. */
export interface SignalContract<Data extends z.ZodType = z.ZodType> {
  readonly subject: string;
  readonly data: Data;
}

export const defineSignal = <Data extends z.ZodType>(spec: SignalContract<Data>): SignalContract<Data> => spec;
