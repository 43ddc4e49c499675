import { Outbound, type OutboundAnswer, OutboundError, type OutboundRequest } from '@relais/security';
import type { ReachableAddresses } from './addresses.js';
import { ProbeFailure } from './probe-failure.js';

const MAX_BYTES = 1_024 * 1_024;
/** The probe's own time is shorter. */
const LONGEST_MS = 30_000;
const MOST_REDIRECTS = 3;
const TLS_ERROR = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO)/;

/** HTTP for probes: guarded at every step, also of redirects, bounded in size, and with the problem named. */
export class Web {
  private readonly outbound: Outbound;

  constructor(
    reachable: ReachableAddresses,
    private readonly signal: AbortSignal,
  ) {
    this.outbound = new Outbound({
      ...{ timeoutMs: LONGEST_MS, maxBytes: MAX_BYTES, allowsPlain: true },
      mayReach: (address, hostname) => reachable.mayReach(address, hostname.replace(/^\[|\]$/g, '')),
    });
  }

  /** @throws ProbeFailure when nothing whole comes back */
  async ask(url: URL, asked: Partial<OutboundRequest> = {}): Promise<OutboundAnswer> {
    const { method = 'GET', headers = {}, ...rest } = asked;
    try {
      const named = { accept: '*/*', 'user-agent': 'relais-watch', ...headers };
      return await this.outbound.send(url, { method, headers: named, signal: this.signal, ...rest });
    } catch (error) {
      throw toFailure(error);
    }
  }

  /** @throws ProbeFailure `bad_answer` when it leads on and on, or to nothing that is the web */
  async follow(url: URL): Promise<OutboundAnswer> {
    let at = url;
    for (let left = MOST_REDIRECTS; ; left--) {
      const answer = await this.ask(at);
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(answer.status) || !location) return answer;
      if (left === 0) throw new ProbeFailure('bad_answer', 'it leads on and on');
      if (!URL.canParse(location, at.href)) throw new ProbeFailure('bad_answer', 'it leads nowhere');
      at = new URL(location, at);
      if (!/^https?:$/.test(at.protocol)) throw new ProbeFailure('bad_answer', 'it leads out of the web');
    }
  }

  /** @throws ProbeFailure `bad_status`, `bad_answer` */
  async json(url: URL, asked: Partial<OutboundRequest> = {}): Promise<unknown> {
    const { status, body } = await this.ask(url, asked);
    if (status !== 200) throw new ProbeFailure('bad_status', `${url.host} answers ${status}`);
    try {
      return JSON.parse(body.toString('utf8')) as unknown;
    } catch (error) {
      throw new ProbeFailure('bad_answer', `${url.host} answers with no JSON`, error);
    }
  }
}

function toFailure(error: unknown): ProbeFailure {
  if (!(error instanceof OutboundError)) return new ProbeFailure('unreachable', String(error), error);
  if (error.problem === 'forbidden') return new ProbeFailure('forbidden_address', error.message, error);
  if (error.problem === 'too_large' || error.problem === 'timeout')
    return new ProbeFailure(error.problem, error.message, error);
  for (const code of codesIn(error)) {
    if (['ENOTFOUND', 'EAI_AGAIN'].includes(code)) return new ProbeFailure('unresolvable', error.message, error);
    if (TLS_ERROR.test(code)) return new ProbeFailure('tls', error.message, error);
  }
  const inner = error.cause;
  return inner instanceof OutboundError ? toFailure(inner) : new ProbeFailure('unreachable', error.message, error);
}

/** What the system calls it, wherever a library has wrapped it. */
function codesIn(error: Error): string[] {
  const codes: string[] = [];
  for (let at: unknown = error, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth++) {
    if ('code' in at) codes.push(String(at.code));
    at = 'cause' in at ? at.cause : undefined;
  }
  return codes;
}
