import { hash } from 'node:crypto';
import type { Audience, Severity } from '@relais/contracts';

/** What a source says, in our words: something is wrong, or is no more. */
export interface Incident {
  status: 'firing' | 'resolved';
  severity: Severity;
  title: string;
  text: string;
  /** What is of the same cause has the same; without one it is an alarm of its own. */
  key?: string;
  audience: Audience;
  policyId?: string;
  /** It says all there is to say of its key; otherwise it is one of several. */
  isWhole: boolean;
}

const GRAVITY: Readonly<Record<Severity, number>> = { notice: 0, alarm: 1, emergency: 2 };

export const isWorse = (one: Severity, than: Severity): boolean => GRAVITY[one] > GRAVITY[than];
export const worstOf = (severities: readonly Severity[]): Severity | undefined =>
  severities.toSorted((a, b) => GRAVITY[b] - GRAVITY[a])[0];

/** The beginning of a text that fits, made of whole characters, with a mark where it was cut. */
export function clipped(text: string, maxBytes: number): string {
  const whole = text.toWellFormed();
  if (Buffer.byteLength(whole) <= maxBytes) return whole;
  const cut = Buffer.from(whole)
    .subarray(0, maxBytes - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
  return `${cut}…`;
}

/** Short enough for a key of ours, however long theirs is. */
export const keyOf = (sourceId: string, ...parts: readonly string[]): string =>
  `source ${sourceId} ${hash('sha256', JSON.stringify(parts), 'base64url')}`;
