import { histogram, isTracing, traced } from '@relais/observability';

const duration = histogram(
  'relais_db_query_duration_seconds',
  'From sending a statement to its answer, by verb, or by name where it is prepared',
  ['op'],
);
const VERBS: Readonly<Record<string, string>> = { s: 'select', i: 'insert', u: 'update', d: 'delete', w: 'with' };

/** The verb of a statement, from a closed set; names of prepared statements are closed by being in the code. */
export const verbOf = (text: string): string => VERBS[text.trimStart().charAt(0).toLowerCase()] ?? 'other';

const children = new Map<string, { observe(seconds: number): void }>();

/** Waits for the answer and notes how long it took, also when it is an error. */
export function timed<Result>(op: string, answer: Promise<Result>): Promise<Result> {
  if (!isTracing()) return noted(op, answer);
  const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': op };
  return traced({ name: `sql ${op}`, kind: 'client', attributes }, () => noted(op, answer));
}

async function noted<Result>(op: string, answer: Promise<Result>): Promise<Result> {
  const sentAtMs = performance.now();
  try {
    return await answer;
  } finally {
    childOf(op).observe((performance.now() - sentAtMs) / 1_000);
  }
}

/** Looked up once: finding it by its labels would cost as much as observing. */
function childOf(op: string) {
  const known = children.get(op) ?? duration.labels({ op });
  children.set(op, known);
  return known;
}
