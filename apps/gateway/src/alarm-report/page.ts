import { html } from './escape.js';

const STYLE = `body{font:11pt/1.4 system-ui,sans-serif;margin:2cm;max-width:70em}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.2em .6em;border-bottom:1px solid #bbb}tr{break-inside:avoid}
thead{display:table-header-group}dt{float:left;clear:left;width:10em;color:#555}dd{margin-left:10em}small{color:#555}
p.text{white-space:pre-wrap}.drill{border:2px solid;padding:.2em .6em;display:inline-block}
@page{margin:1.5cm}@media print{body{margin:0;font-size:9pt;max-width:none}h2{break-after:avoid}}`;

/** Nothing is loaded and nothing runs. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Everything before the heading. */
export const opening = (title: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${html(PAGE_POLICY)}">
<meta name="viewport" content="width=device-width"><title>${html(title)}</title><style>${STYLE}</style></head><body>
`;

export const END = '</body></html>\n';

/** Names and what they are; both are HTML already. */
export const facts = (all: readonly (readonly [string, string])[]): string =>
  `<dl>${all.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('')}</dl>\n`;

/** Cells are HTML already. */
export const row = (cells: readonly string[]): string => `<tr>${cells.map((one) => `<td>${one}</td>`).join('')}</tr>`;

export const table = (heads: readonly string[], rows: readonly string[]): string =>
  `<table><thead><tr>${heads.map((one) => `<th>${one}</th>`).join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>\n`;
