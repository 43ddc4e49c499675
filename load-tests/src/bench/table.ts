/** One line of the budget: what was measured, its bound, and how far the one is from the other. */
export interface Row {
  what: string;
  value: number;
  unit: string;
  /** At most, or with `atLeast` at least. */
  bound: number;
  atLeast?: boolean;
}

export const isMet = ({ value, bound, atLeast }: Row): boolean => (atLeast ? value >= bound : value <= bound);

const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1);

export function formatTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { what, value, unit, bound, atLeast } = row;
    return `| ${what} | ${short(value)} ${unit} | ${atLeast ? '≥' : '≤'} ${short(bound)} ${unit} | ${(value / bound).toFixed(2)} | ${isMet(row) ? 'met' : '**missed**'} |`;
  });
  return ['| what | value | bound | value / bound | |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}
