import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';

/** Of an answer only its reason is read. */
const MAX_ANSWER_BYTES = 4_096;
const PING_MS = 30_000;
/** Apple keeps idle connections for an hour; ours need not. */
const IDLE_MS = 10 * 60_000;

export interface ApnsAnswer {
  /** 0 when there was none: `reason` is then `timeout` or `unreachable`. */
  status: number;
  reason: string;
  apnsId?: string | undefined;
  retryAfter?: string | undefined;
}

/**
 * One session that is kept and looked after: what the server has said farewell to (GOAWAY) or what does not answer a ping is
 * given no more requests, and the next has a new one.
 */
export class ApnsConnection {
  private session: ClientHttp2Session | undefined;
  private pinging: NodeJS.Timeout | undefined;

  constructor(
    private readonly origin: string,
    private readonly timeoutMs: number,
  ) {}

  /** Never throws: what went wrong is in the answer. Asks once more where the server surely has not looked at it. */
  async post(headers: OutgoingHttpHeaders, body: string): Promise<ApnsAnswer> {
    const answer = await this.attempt(headers, body);
    return answer.reason === 'refused_stream' ? this.attempt(headers, body) : answer;
  }

  async close(): Promise<void> {
    const session = this.session;
    this.leave(session);
    if (session && !session.destroyed) await new Promise<void>((resolve) => session.once('close', resolve));
  }

  private attempt(headers: OutgoingHttpHeaders, body: string): Promise<ApnsAnswer> {
    const session = this.open();
    return new Promise((resolve) => {
      let stream;
      try {
        stream = session.request(headers);
      } catch {
        this.leave(session);
        return resolve({ status: 0, reason: 'unreachable' });
      }
      const timer = setTimeout(() => {
        // Nobody knows whether the connection is any good: the next has a new one.
        this.leave(session);
        stream.close(constants.NGHTTP2_CANCEL);
        resolve({ status: 0, reason: 'timeout' });
      }, this.timeoutMs);
      let answered: IncomingHttpHeaders | undefined;
      let said = '';
      stream.setEncoding('utf8');
      stream.on('response', (got) => (answered = got));
      stream.on('data', (chunk: string) => {
        said += chunk;
        if (said.length > MAX_ANSWER_BYTES) stream.close(constants.NGHTTP2_CANCEL);
      });
      stream.on('error', () => undefined);
      stream.on('close', () => {
        clearTimeout(timer);
        if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM)
          return resolve({ status: 0, reason: 'refused_stream' });
        if (!answered || (stream.rstCode !== 0 && said.length <= MAX_ANSWER_BYTES))
          return resolve({ status: 0, reason: 'unreachable' });
        resolve(answerOf(answered, said));
      });
      stream.end(body);
    });
  }

  private open(): ClientHttp2Session {
    const kept = this.session;
    if (kept && !kept.closed && !kept.destroyed) return kept;
    const session = connect(this.origin);
    this.session = session;
    session.unref();
    // Whatever happens to it happens to its streams as well, which tell.
    session.on('error', () => this.leave(session));
    session.on('goaway', () => this.leave(session));
    session.on('close', () => this.leave(session));
    session.setTimeout(IDLE_MS, () => session.close());
    this.pinging = setInterval(() => this.ping(session), PING_MS).unref();
    return session;
  }

  private ping(session: ClientHttp2Session): void {
    if (session.closed || session.destroyed) return this.leave(session);
    const timer = setTimeout(() => session.destroy(), this.timeoutMs).unref();
    session.ping(() => clearTimeout(timer));
  }

  /** What is under way on it comes to its end, in its own time; nothing new is begun. */
  private leave(session: ClientHttp2Session | undefined): void {
    if (!session || this.session !== session) return;
    this.session = undefined;
    clearInterval(this.pinging);
    if (session.destroyed) return;
    session.close();
    const timer = setTimeout(() => session.destroy(), this.timeoutMs).unref();
    session.once('close', () => clearTimeout(timer));
  }
}

function answerOf(headers: IncomingHttpHeaders, said: string): ApnsAnswer {
  return {
    status: Number(headers[':status'] ?? 0),
    reason: reasonIn(said),
    apnsId: headers['apns-id'] as string | undefined,
    retryAfter: headers['retry-after'] as string | undefined,
  };
}

function reasonIn(said: string): string {
  try {
    const { reason } = JSON.parse(said) as { reason?: unknown };
    return typeof reason === 'string' ? reason : '';
  } catch {
    return '';
  }
}
