import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (how: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

/**
 * Collects what starting has left behind and gives its pages back to the system: of 115 to 140 MiB about 10 to 25. Left to
 * itself, V8 keeps them for as long as the process lives. Nothing else happens for 0.1 to 0.3 s, so it belongs before the
 * first request.
 */
export function collectStartupGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
