import {
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhenResult,
} from 'cockatiel';
import { failed, type Problem, type Sent } from './sent.js';

/** Failures in a row after which a provider is left out. */
const FAILURES = 3;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
/** Hosts that users have named are many; the one not asked for longest is forgotten. */
const MAX_BREAKERS = 2_000;

const BROKEN: ReadonlySet<Problem> = new Set(['provider_down', 'provider_timeout', 'bad_answer']);
const isBroken = (result: unknown): boolean => {
  const outcome = result as Sent;
  return 'problem' in outcome && BROKEN.has(outcome.problem);
};

/**
 * Leaves out who does not answer: after three failures in a row a provider is asked no more, and everything that would go
 * there fails at once, until one that is let through to try succeeds. Each replica finds out by itself.
 */
export class Breakers {
  private readonly all = new Map<string, CircuitBreakerPolicy>();

  constructor(private readonly changed: (provider: string, isUp: boolean) => void = () => undefined) {}

  async through(provider: string, send: () => Promise<Sent>): Promise<Sent> {
    const breaker = this.of(provider);
    // The library would let everybody wait for the one who tries.
    if (breaker.state === CircuitState.HalfOpen) return failed('provider_down');
    try {
      return await breaker.execute(send);
    } catch (error) {
      if (breaker.state === CircuitState.Closed) throw error;
      return failed('provider_down');
    }
  }

  private of(provider: string): CircuitBreakerPolicy {
    const breaker = this.all.get(provider) ?? this.open(provider);
    this.all.delete(provider);
    this.all.set(provider, breaker);
    return breaker;
  }

  private open(provider: string): CircuitBreakerPolicy {
    const oldest = this.all.size >= MAX_BREAKERS ? this.all.keys().next().value : undefined;
    if (oldest !== undefined) this.all.delete(oldest);
    const breaker = circuitBreaker(handleWhenResult(isBroken), {
      breaker: new ConsecutiveBreaker(FAILURES),
      halfOpenAfter: new ExponentialBackoff({ initialDelay: FIRST_PAUSE_MS, maxDelay: LONGEST_PAUSE_MS }),
    });
    breaker.onBreak(() => this.changed(provider, false));
    breaker.onReset(() => this.changed(provider, true));
    return breaker;
  }
}
