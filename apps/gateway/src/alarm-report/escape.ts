const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Marks that turn the direction of what comes after them make a line read other than it is. */
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;

/** Text that is only ever text in HTML, in elements and in quoted attributes. */
export const html = (text: string): string =>
  text.replace(DIRECTIONS, '').replace(/[&<>"']/g, (found) => ESCAPED[found] ?? found);

const FORMULA = /^[\t\r\n ]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** A cell of CSV (RFC 4180) that no spreadsheet takes for a formula. */
export function cell(value: string | number | undefined): string {
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value ?? '') ? `'${value}` : (value ?? '');
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
