import { OUTAGE_KEYS, ROUTES } from '@relais/contracts';
import { ApiError } from '../api-error.js';
import { RelaisApi } from '../http/relais-api.js';
import type { OutageKeyFile } from './key-file.js';

const ATTEMPTS = 5;
const TIMEOUT_MS = 10_000;

/**
 * Switches outage mode by a key. Each attempt is a command of its own, a second later than the one before, because each is
 * taken once: whether an answer was lost or not, the last one holds. A refusal is tried again, too: the last switch may have
 * been signed in this very second, or ahead of it, and commands are taken only when they are later.
 *
 * @throws ApiError `outage_switch_refused`, or what the last gateway said
 */
export async function switchByKey(
  { gateways, organization, keyId, key }: OutageKeyFile,
  wanted: { on: boolean; reason: string },
): Promise<{ on: boolean; changedAt: string }> {
  const from = await secondsNow(gateways);
  const api = new RelaisApi({ gateways, timeoutMs: TIMEOUT_MS });
  for (let attempt = 0; ; attempt++) {
    const said = { org: organization, key: keyId, ...wanted };
    const command = await key.statement(OUTAGE_KEYS.commandType, said, new Date((from + attempt) * 1_000));
    try {
      return await api.call(ROUTES.signedOutageSwitch, { organization, keyId, command });
    } catch (thrown) {
      const error = ApiError.from(thrown);
      if (!mayPass(error) || attempt + 1 >= ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 500));
    }
  }
}

const mayPass = ({ retryable, code }: ApiError): boolean => retryable || code === 'outage_switch_refused';

/** By the clock of a gateway that answers: that of this machine may be anything on such a day. */
async function secondsNow(gateways: readonly string[]): Promise<number> {
  for (const gateway of gateways) {
    const answer = await fetch(gateway, { method: 'HEAD', signal: AbortSignal.timeout(3_000) }).catch(() => null);
    const at = Date.parse(answer?.headers.get('date') ?? '');
    if (!Number.isNaN(at)) return Math.floor(at / 1_000);
  }
  return Math.floor(Date.now() / 1_000);
}
