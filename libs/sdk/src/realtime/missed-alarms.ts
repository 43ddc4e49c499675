import { type AlarmPath, type AlarmTold, ROUTES } from '@relais/contracts';
import { RelaisApi } from '../http/relais-api.js';
import type { AccessTokens } from '../session/access-tokens.js';

/** Reads what the person was told of while no socket of theirs was open: a socket is told once. */
export class MissedAlarms {
  private readonly api: RelaisApi;
  private reading = new AbortController();

  constructor(
    gateways: readonly string[],
    private readonly tokens: AccessTokens,
    private readonly found: (told: AlarmTold, path: AlarmPath) => void,
  ) {
    this.api = new RelaisApi({ gateways });
  }

  /** Finds those of the newest open alarms that the person has not answered. What fails for long is left to the next `ready`. */
  online(): void {
    this.offline();
    this.reading = new AbortController();
    void this.read(this.reading.signal).catch(() => undefined);
  }

  offline(): void {
    this.reading.abort();
  }

  private async read(signal: AbortSignal): Promise<void> {
    const token = await this.tokens.accessToken();
    const key = { accessProof: this.tokens.proof.bind(this.tokens) };
    const { items } = await this.api.call(ROUTES.listAlarms, { state: 'open' }, { token, key, signal, retry: true });
    for (const { told, ...alarm } of items.toReversed()) {
      if (signal.aborted || !told || alarm.state !== 'open') continue;
      const { path, step, cycle } = told;
      this.found({ type: 'alarm', alarm, step, cycle }, path);
    }
  }
}
