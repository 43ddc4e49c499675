/**
 * What others wrote, made harmless for a terminal: no control character is left that could move the cursor, change
 * colours or titles, answer queries, or turn the direction of the text. Line ends become indented new lines.
 */
export const printable = (text: string): string =>
  text.replace(/\r\n?/g, '\n').replace(UNPRINTABLE, '').replace(/\n/g, '\n      ');

// All of Cc but the new line; marks, embeddings and isolates of direction (Trojan Source); line and paragraph separators.
const UNPRINTABLE = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** For names: one line of them. */
export const printableName = (name: string): string => printable(name).replace(/\s+/g, ' ').slice(0, 40);

/** Hours and minutes where the reader is. */
export const clockTime = (timestamp: string): string => {
  const date = new Date(timestamp);
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
};
