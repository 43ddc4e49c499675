// A service in a process of its own: `node service.mjs <what it does>`, run from the built lib.
import { createLogger, runService } from '../dist/index.js';

const log = createLogger({ service: 'test', replica: 'r', pseudonymKey: 'k'.repeat(16) });
const opened = (name, close = () => Promise.resolve()) => [
  name,
  async () => {
    log.info({ event: 'closed', step: name });
    await close();
  },
];

const STARTS = {
  good: async (lifecycle) => {
    const timer = setInterval(() => undefined, 1_000);
    lifecycle.add(...opened('first', async () => clearInterval(timer)));
    lifecycle.add(...opened('second', () => Promise.reject(new Error('no'))));
    lifecycle.add(...opened('third'));
  },
  failing: async (lifecycle) => {
    const timer = setInterval(() => undefined, 1_000);
    lifecycle.add(...opened('first', async () => clearInterval(timer)));
    throw new Error('cannot\nstart');
  },
  stuck: async (lifecycle) => {
    setInterval(() => undefined, 1_000);
    lifecycle.add(...opened('first', () => new Promise(() => undefined)));
  },
  slow: async (lifecycle) => {
    log.info({ event: 'starting' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const timer = setInterval(() => undefined, 1_000);
    lifecycle.add(...opened('late', async () => clearInterval(timer)));
  },
  broken: async (lifecycle) => {
    const timer = setInterval(() => undefined, 1_000);
    lifecycle.add(...opened('first', async () => clearInterval(timer)));
    void Promise.reject(new Error('forgotten'));
  },
};

await runService(log, 700, STARTS[process.argv[2]]);
