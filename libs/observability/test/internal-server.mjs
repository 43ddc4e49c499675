// The internal port in a process of its own; prints its number. Run from the built lib.
import { Readiness, silentLog, startInternalServer } from '../dist/index.js';

const { port } = await startInternalServer({ host: '127.0.0.1', port: 0, readiness: new Readiness(), log: silentLog });
process.stdout.write(`${port}\n`);
