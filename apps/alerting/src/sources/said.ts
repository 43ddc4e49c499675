import { LIMITS } from '@relais/contracts';
import { clipped, type Incident } from './incident.js';

/** What was said under a key since its alarm was raised: the last of it, and how often. */
export interface Said {
  title: string;
  /** The last ones, the newest first. */
  texts: readonly string[];
  count: number;
  /** When it was said to be over, where that only notes it. */
  resolvedAt?: string;
}

const KEPT = 5;
const TEXT_BYTES = 1_024;

export const firstSaid = ({ title, text }: Incident): Said => ({ title, texts: [text], count: 1 });

/** With one more: one of several is added, what says everything takes the place of what was said before. */
export function saidAlso(before: Said, { title, text, isWhole }: Incident): Said {
  if (isWhole) return { title, texts: [text], count: 1 };
  const texts = [clipped(text, TEXT_BYTES), ...before.texts.map((one) => clipped(one, TEXT_BYTES))];
  return { title, texts: [...new Set(texts)].slice(0, KEPT), count: before.count + 1 };
}

/** What the alarm says then. */
export function contentOf({ title, texts, count, resolvedAt }: Said): { title: string; text: string } {
  const times = count > 1 ? [`${count} ×`] : [];
  const over = resolvedAt === undefined ? [] : [`Resolved ${resolvedAt}`];
  const text = [...over, ...times, ...texts].filter((line) => line !== '').join('\n');
  return { title, text: clipped(text, LIMITS.alarmTextBytes) };
}
