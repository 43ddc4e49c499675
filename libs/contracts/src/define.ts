import { AppError, type AppErrorOptions, type ErrorKind } from '@relais/kernel';
import type { z } from 'zod';
import type { Scope } from './auth/scopes.js';

/** Hashing a password is slow on purpose, and auth makes a few wait in line before it refuses. */
export const PASSWORD_TIMEOUT_MS = 10_000;

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
  /** May also be asked by a session that is good for nothing but enrolling a factor. */
  readonly limited?: boolean;
  /** Any of these scopes lets a bot in; without the list, no bot may ask. */
  readonly bots?: readonly Scope[];
  readonly input: In;
  readonly output: Out;
  /** How long whoever asks waits for the answer, ms; 2 000 where nothing is said. */
  readonly timeoutMs?: number;
  readonly errors: Readonly<Record<Code, ErrorKind>>;
  /** Builds one of the errors this contract declares; the caller is told what it `says`. */
  fail(code: Code, says?: string, options?: Omit<AppErrorOptions, 'says'>): AppError;
}

export const defineRequest = <In extends z.ZodType, Out extends z.ZodType, const Code extends string>(
  spec: Omit<RequestContract<In, Out, Code>, 'fail'>,
): RequestContract<In, Out, Code> => ({
  ...spec,
  fail: (code, says, options) =>
    new AppError(spec.errors[code], code, says, says === undefined ? options : { ...options, says }),
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

/** A question to every replica of a service: `all.<service>.<verb>.v<n>`. Whoever has something to say answers, in time or not at all. */
export interface SurveyContract<Question extends z.ZodType = z.ZodType, Answer extends z.ZodType = z.ZodType> {
  readonly subject: string;
  readonly question: Question;
  readonly answer: Answer;
}

export const defineSurvey = <Question extends z.ZodType, Answer extends z.ZodType>(
  spec: SurveyContract<Question, Answer>,
): SurveyContract<Question, Answer> => spec;

export const defineSignal = <Data extends z.ZodType>(spec: SignalContract<Data>): SignalContract<Data> => spec;
