import type { ClientFrame, ServerFrame } from '@relais/contracts';
import type { ErrorKind } from '@relais/kernel';
import { ERROR_KINDS } from '@relais/kernel';
import { ApiError } from '../api-error.js';

type Asking = Extract<ClientFrame, { n: number }>;
type Unnumbered<Frame> = Frame extends unknown ? Omit<Frame, 'n'> : never;
/** A frame that gets an answer, before it has its number. */
export type Question = Unnumbered<Asking>;
type Reply = Extract<ServerFrame, { n: number }>;
export type AnswerData = Extract<ServerFrame, { type: 'answer' }>['data'];

interface Open {
  resolve(data: AnswerData): void;
  reject(error: ApiError): void;
  timer: NodeJS.Timeout;
}

/** Questions over one socket and their answers. A question dies with its socket; repeating it is up to who asked. */
export class Requests {
  private readonly open = new Map<number, Open>();
  private n = 0;

  constructor(private readonly send: (frame: ClientFrame) => boolean) {}

  /** @throws ApiError of the refusal, `request_timeout`, or `socket_lost`: the last two leave open what happened */
  ask(question: Question, timeoutMs: number): Promise<AnswerData> {
    this.n += 1;
    const n = this.n;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(n, new ApiError('timeout', 'request_timeout')), timeoutMs);
      this.open.set(n, { resolve, reject, timer });
      if (!this.send({ ...question, n } as Asking)) this.fail(n, new ApiError('unavailable', 'socket_lost'));
    });
  }

  settle(reply: Reply): void {
    if (reply.type === 'refusal') return this.fail(reply.n, refusalOf(reply.error));
    this.take(reply.n)?.resolve(reply.data);
  }

  lost(): void {
    for (const n of [...this.open.keys()]) this.fail(n, new ApiError('unavailable', 'socket_lost'));
  }

  private fail(n: number, error: ApiError): void {
    this.take(n)?.reject(error);
  }

  private take(n: number): Open | undefined {
    const open = this.open.get(n);
    clearTimeout(open?.timer);
    this.open.delete(n);
    return open;
  }
}

type Failure = Extract<Reply, { type: 'refusal' }>['error'];

const isKind = (kind: string): kind is ErrorKind => (ERROR_KINDS as readonly string[]).includes(kind);

const refusalOf = ({ code, kind, retryable, retryAfterMs, detail }: Failure): ApiError =>
  new ApiError(isKind(kind) ? kind : 'internal', code, detail, { retryable, retryAfterMs });
