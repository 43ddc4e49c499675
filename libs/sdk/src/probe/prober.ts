import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { ApiError } from '../api-error.js';
import type { BotSession } from '../session/bot-session.js';

export type Probed = { isThrough: true; seconds: number } | { isThrough: false; why: string };

export interface ProberOptions {
  everyMs: number;
  withinMs: number;
  ended: (probed: Probed) => void;
}

/** Raises a test alarm to itself and waits for it, again and again, one at a time. */
export class Prober {
  private readonly stopping = new AbortController();
  private awaited: { alarmId: string; arrived: () => void } | undefined;
  private endedAtMs = performance.now();

  constructor(
    private readonly session: Pick<BotSession, 'call'>,
    private readonly options: ProberOptions,
  ) {}

  /** A silent alarm has come over the bot's connection. */
  arrived(alarmId: string): void {
    if (alarmId === this.awaited?.alarmId) this.awaited.arrived();
  }

  /** How long ago the last test ended, in whatever way, ms. */
  get silentMs(): number {
    return performance.now() - this.endedAtMs;
  }

  /** Resolves after `stop`. */
  async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const startedAtMs = performance.now();
      const probed = await this.once();
      this.endedAtMs = performance.now();
      if (!signal.aborted) this.options.ended(probed);
      await pause(startedAtMs + this.options.everyMs - performance.now(), signal);
    }
  }

  stop(): void {
    this.stopping.abort();
  }

  /** One test. Never rejects. */
  async once(): Promise<Probed> {
    const alarmId = newId<never>();
    const { withinMs } = this.options;
    const startedAtMs = performance.now();
    const arrival = new Promise<void>((resolve) => (this.awaited = { alarmId, arrived: resolve }));
    const late = new AbortController();
    try {
      await this.session.call(ROUTES.raiseProbe, { alarmId }, { timeoutMs: withinMs });
      const leftMs = startedAtMs + withinMs - performance.now();
      const isHere = await Promise.race([arrival.then(() => true), pause(leftMs, late.signal).then(() => false)]);
      if (!isHere) return { isThrough: false, why: 'it was raised, and did not arrive' };
      return { isThrough: true, seconds: (performance.now() - startedAtMs) / 1_000 };
    } catch (thrown) {
      const { code, message } = ApiError.from(thrown);
      return { isThrough: false, why: `it could not be raised: ${code} (${message})` };
    } finally {
      late.abort();
      this.awaited = undefined;
    }
  }
}

/** Ends early, and without an error, when it is no longer wanted. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, ms));
    signal.addEventListener('abort', done, { once: true });
  });
