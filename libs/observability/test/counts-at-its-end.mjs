// A service that counts something as it ends: `node counts-at-its-end.mjs <its internal port>`, run from the built lib.
import { counter, lastLook, runAlone } from '../dist/index.js';

const ends = counter('relais_ends_total', 'Ends');
const settings = {
  ...{ HOST: '127.0.0.1', INTERNAL_PORT: Number(process.argv[2]), SHUTDOWN_DEADLINE_MS: 4_000, REPLICA: 'r' },
  ...{ LOG_LEVEL: 'info', LOG_PSEUDONYM_KEY: 'k'.repeat(16), REVISION: 'r', VERSION: '0' },
};
const start = async ({ lifecycle }) =>
  lifecycle.add('end', () => {
    ends.inc();
    lastLook.want();
  });

await runAlone({ name: 'test', configure: () => ({ settings, start }) });
