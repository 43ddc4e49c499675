import type { AlarmTemplate } from '@relais/contracts';

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/** Every name that stands between double braces in these texts. */
export const namesIn = (texts: readonly string[]): Set<string> =>
  new Set(texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name.trim())));

/** All texts of a template in which a value may stand. */
export const textsOf = ({ title, text, checklist }: AlarmTemplate): string[] => [
  title,
  text,
  ...checklist.map((item) => item.text),
];

/** Puts values where their names are, once: what stands in a value is text and nothing else. */
export const fill = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replaceAll(PLACEHOLDER, (whole, name: string) => values.get(name.trim()) ?? whole);
