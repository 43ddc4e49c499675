import { LIMITS, ROUTES, type Tokens } from '@relais/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '../api-error.js';
import { type Backoff, backoffMs } from '../backoff.js';
import type { RelaisApi } from '../http/relais-api.js';
import type { DeviceKey } from './device-key.js';

/** Half the grace: an answer to the last repetition still arrives in time to be repeated once more. */
const REPEAT_FOR_MS = (LIMITS.refreshGraceSeconds * 1_000) / 2;

/**
 * Rotates the tokens. When the answer is lost the server may have rotated them already, so the same token and the same
 * proof are sent again, within the grace that the server gives for exactly this.
 *
 * @throws ApiError `refresh_failed` when the session is over; a retryable one when nobody answered in time
 */
export async function refreshTokens(
  api: RelaisApi,
  key: DeviceKey,
  refreshToken: string,
  backoff: Backoff,
  signal: AbortSignal,
): Promise<Tokens> {
  const proof = await key.proof(refreshToken);
  const startedAt = Date.now();
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await api.call(ROUTES.refresh, { refreshToken, proof }, { signal, timeoutMs: 5_000 });
    } catch (thrown) {
      const error = ApiError.from(thrown);
      const delayMs = backoffMs(backoff, attempt, error.retryAfterMs);
      if (!error.retryable || Date.now() + delayMs - startedAt > REPEAT_FOR_MS) throw error;
      await pause(delayMs, undefined, { signal });
    }
  }
}
