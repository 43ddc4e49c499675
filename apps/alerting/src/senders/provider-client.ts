import { isPrivateAddress, Outbound, type OutboundAnswer, OutboundError, type OutboundRequest } from '@relais/security';
import { failed, GONE, later, retryAfterSeconds, type Sent } from './sent.js';

/** Providers answer with a few hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;
const KEPT_CONNECTIONS = 50;
const AGAIN_SECONDS = 5;

export interface ClientOptions {
  timeoutMs: number;
  /** Hosts of the inner network that addresses given by users may lead to. */
  privateHosts: readonly string[];
}

/** Asks providers by HTTP. One for those whom the installation has named, one for addresses that users have given. */
export class ProviderClient {
  private readonly outbound: Outbound;

  private constructor(timeoutMs: number, mayReach?: (address: string, hostname: string) => boolean) {
    const limits = { timeoutMs, maxBytes: MAX_ANSWER_BYTES, keptConnections: KEPT_CONNECTIONS };
    this.outbound = new Outbound({ ...limits, ...(mayReach ? { mayReach } : {}) });
  }

  static forInstallation({ timeoutMs }: ClientOptions): ProviderClient {
    return new ProviderClient(timeoutMs);
  }

  static forUsers({ timeoutMs, privateHosts }: ClientOptions): ProviderClient {
    return new ProviderClient(
      timeoutMs,
      (address, hostname) => !isPrivateAddress(address) || privateHosts.includes(hostname),
    );
  }

  /** What `understand` makes of the answer; what never became an answer is understood here. */
  async ask(url: string, asked: OutboundRequest, understand: (answer: OutboundAnswer) => Sent): Promise<Sent> {
    if (!URL.canParse(url)) return failed('undeliverable');
    try {
      return understand(await this.outbound.send(new URL(url), asked));
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      return OF_NO_ANSWER[error.problem];
    }
  }

  close(): void {
    this.outbound.close();
  }
}

const OF_NO_ANSWER = {
  forbidden: failed('forbidden_address'),
  unreachable: later('provider_down', AGAIN_SECONDS),
  timeout: later('provider_timeout', AGAIN_SECONDS),
  too_large: failed('bad_answer'),
} as const satisfies Record<OutboundError['problem'], Sent>;

/** What a status says wherever a provider has no words of its own for it. */
export function ofStatus({ status, headers }: Pick<OutboundAnswer, 'status' | 'headers'>): Sent {
  if (status === 404 || status === 410) return GONE;
  if (status === 413) return failed('too_large');
  if (status === 429) return later('provider_busy', retryAfterSeconds(headers['retry-after'], AGAIN_SECONDS));
  if (status >= 500) return later('provider_down', retryAfterSeconds(headers['retry-after'], AGAIN_SECONDS));
  if (status >= 400) return failed('provider_refused');
  return failed('bad_answer');
}

/** The same of a provider that the installation has named: there, a path that is not there is a wrong configuration. */
export const ofProvider = (answer: Pick<OutboundAnswer, 'status' | 'headers'>): Sent =>
  answer.status === 404 || answer.status === 410 ? failed('provider_refused') : ofStatus(answer);

/** The JSON object of an answer, or null when it is none. */
export function jsonOf({ body }: Pick<OutboundAnswer, 'body'>): Record<string, unknown> | null {
  try {
    const said: unknown = JSON.parse(body.toString('utf8'));
    return typeof said === 'object' && said !== null && !Array.isArray(said) ? (said as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
