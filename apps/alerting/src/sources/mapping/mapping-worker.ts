import { parentPort } from 'node:worker_threads';
import jsonata from 'jsonata';

/** What the sandbox is asked: to map a body, or, without one, whether the mapping can be read. */
export interface MappingJob {
  mapping: string;
  body?: string;
}

export type MappingResult = { json: string } | { nothing: true } | { problem: string };

const LIMITS = { timeout: 200, stack: 200, sequence: 10_000 };
const MOST_RESULT_CHARACTERS = 64 * 1024;

// The same thread maps again after this: nothing is left behind in what all objects have.
Object.freeze(Object.prototype);
for (const shared of [Array, Function, String, Number, Boolean, Promise, RegExp, Map, Set])
  void Object.preventExtensions(shared.prototype);

async function map({ mapping, body }: MappingJob): Promise<MappingResult> {
  const expression = jsonata(mapping, LIMITS);
  if (body === undefined) return { nothing: true };
  // Nothing is read as an expression that came in a body.
  expression.assign('eval', undefined);
  const result: unknown = await expression.evaluate(JSON.parse(body));
  if (result === undefined || result === null) return { nothing: true };
  const json = JSON.stringify(result);
  if (json.length > MOST_RESULT_CHARACTERS) return { problem: 'the result is too large' };
  return { json };
}

const saysOf = (error: unknown): string => {
  const { code, message, position } = error as { code?: string; message?: string; position?: number };
  const where = position === undefined ? '' : ` at character ${position}`;
  return `${code ?? ''} ${message ?? 'it cannot be evaluated'}${where}`.trim().slice(0, 512);
};

parentPort?.on('message', (job: MappingJob) => {
  void map(job)
    .catch((error: unknown): MappingResult => ({ problem: saysOf(error) }))
    .then((result) => parentPort?.postMessage(result));
});
parentPort?.postMessage('ready');
