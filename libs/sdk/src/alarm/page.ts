/** Pages that are complete in themselves: they load nothing and run nothing. */
const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (found) => ESCAPED[found] ?? found);

export const STYLE = `body{font:11pt/1.4 system-ui,sans-serif;margin:2cm;max-width:60em}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.2em .6em;border-bottom:1px solid #bbb}tr{break-inside:avoid}
thead{display:table-header-group}dt{float:left;clear:left;width:10em;color:#555}dd{margin-left:10em}`;

/** A line of a table. */
export const row = (cells: readonly string[]): string =>
  `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;

/** A time as people write it, UTC. */
export const moment = (at: string): string => at.replace('T', ' ').replace(/(?:\.\d+)?Z$/, '');
