import type { ProbeCheck } from '@relais/contracts';
import { ProbeFailure } from './probe-failure.js';
import type { Web } from './web.js';

type Check = Extract<ProbeCheck, { kind: 'http' }>;

/** A page of the web answers, and says what it should. */
export async function checkHttp({ url, statuses, contains }: Check, web: Web): Promise<void> {
  // Whoever expects a redirect wants to see it, not where it leads.
  const expectsRedirect = statuses.some((status) => status >= 300 && status < 400);
  const { status, body } = await (expectsRedirect ? web.ask(new URL(url)) : web.follow(new URL(url)));
  const isWell = statuses.length > 0 ? statuses.includes(status) : status >= 200 && status < 400;
  if (!isWell) throw new ProbeFailure('bad_status', `it answers ${status}`);
  if (contains !== undefined && !body.includes(contains))
    throw new ProbeFailure('missing_text', 'the text that was expected is not in it');
}
