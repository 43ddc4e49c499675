/** Why something was not sent. A closed list: it stands in ledgers, reports and metrics. */
export const PROBLEMS = {
  not_configured: 'Nobody has set up a provider for this way',
  no_destination: 'The person has nothing that this way leads to',
  gone: 'The provider says that the destination does not exist any more; it is forgotten',
  provider_down: 'The provider cannot be reached, or fails; it is left out until it answers again',
  provider_timeout: 'The provider did not answer in time',
  provider_busy: 'The provider asks for patience',
  provider_refused: 'The provider does not accept our credentials or our request: look at its configuration',
  bad_answer: 'The provider answers with something that is no answer',
  undeliverable: 'The provider cannot deliver to this destination',
  too_large: 'The provider does not take so much',
  forbidden_address: 'The address lies in an inner network that users may not name',
  throttled: 'The destination has been told so often that this waits, and is put together with others',
  paced: 'It waits for its turn: only so much leaves per second',
} as const satisfies Record<string, string>;
export type Problem = keyof typeof PROBLEMS;

/** What came of one sending. `gone`: there is nothing at the other end any more, and will not be. */
export type Sent =
  | { state: 'sent'; providerId?: string }
  | { state: 'failed'; problem: Problem }
  | { state: 'queued'; problem: Problem; retrySeconds: number }
  | { state: 'gone' };

const MAX_RETRY_SECONDS = 300;

export const sent = (providerId?: string): Sent =>
  providerId ? { state: 'sent', providerId: providerId.slice(0, 255) } : { state: 'sent' };
export const failed = (problem: Problem): Sent => ({ state: 'failed', problem });
export const later = (problem: Problem, retrySeconds: number): Sent => ({ state: 'queued', problem, retrySeconds });
export const GONE: Sent = { state: 'gone' };

/** `Retry-After` (RFC 9110, 10.2.3) in seconds, 1 to 300. */
export function retryAfterSeconds(header: string | undefined, fallback: number, now = Date.now()): number {
  const said = header === undefined ? fallback : Number(header);
  const seconds = Number.isNaN(said) ? (Date.parse(header ?? '') - now) / 1_000 : said;
  return Math.min(Math.max(1, Number.isNaN(seconds) ? fallback : Math.ceil(seconds)), MAX_RETRY_SECONDS);
}
