import { existsSync } from 'node:fs';
import { Failure, at, run, runBuilt, say } from './shell.mjs';
import { testAll, testKind } from './tests.mjs';

const DEVSTACK = 'tools/devstack/dist/main.js';
/** What a running cluster is built of. */
const CLUSTER = ['tools/devstack', 'apps/auth', 'apps/messaging', 'apps/alerting', 'apps/gateway'];

/** Type checks and builds; silent when fine. `projects` narrows it to these and what they need. */
export async function build(projects = []) {
  const code = await run('tsc', ['-b', ...projects]);
  if (code !== 0) throw new Failure('the build failed: see above', code);
  return 0;
}

const afterBuild =
  (path, before = []) =>
  async (args) => {
    await build([...CLUSTER, 'load-tests']);
    return runBuilt(path, [...before, ...args]);
  };

async function reference(args) {
  await build();
  return runBuilt('tools/reference/dist/main.js', args);
}

/**
 * Everything that needs neither a server nor a test runner. Each step runs, so that one look shows all that is wrong.
 * @returns what is not in order
 */
async function findDisorder() {
  const steps = [
    ['format (npm run format repairs it)', 'prettier', ['--check', '--cache', '--log-level', 'warn', '.']],
    ['types', 'tsc', ['-b']],
    ['types of tests', 'tsc', ['-p', 'tsconfig.spec.json']],
    ['lint', 'node', ['tools/lint/main.mjs']],
    ['generated files (npm run gen repairs them)', 'node', ['tools/reference/dist/main.js', 'check']],
  ];
  const disorder = [];
  for (const [what, command, args] of steps) {
    if (command === 'node' && !existsSync(at(args[0]))) continue;
    say(`checking ${what.replace(/ \(.*/, '')}`);
    if ((await run(command, args, { stdio: ['ignore', 2, 2] })) !== 0) disorder.push(what);
  }
  for (const what of disorder) say(`not in order: ${what}`);
  return disorder;
}

async function check() {
  const disorder = await findDisorder();
  const code = await testKind('unit', []);
  return disorder.length > 0 ? 1 : code;
}

async function test(args) {
  const [kind, ...rest] = args;
  if (kind === undefined) return testAll(findDisorder);
  if (!['unit', 'int', 'e2e'].includes(kind)) throw new Failure(`test knows unit, int and e2e, not "${kind}"`, 2);
  if (kind !== 'unit') await buildFor(kind);
  return testKind(kind, rest);
}

/**
 * Enough to start and stop servers; services as processes are for e2e tests only. What another part of the checkout
 * has broken is told, and does not stop it.
 */
async function buildFor(kind) {
  const code = await run('tsc', kind === 'e2e' ? ['-b'] : ['-b', 'tools/devstack']);
  if (code === 0) return;
  if (!existsSync(at(DEVSTACK))) throw new Failure('the build failed: see above', code);
  say('not everything builds: going on with what there is');
}

/** Only `up` needs all services. Stopping must work whatever state the checkout is in. */
async function devstack(args) {
  if (args[0] === 'up') await build(CLUSTER);
  else if (!existsSync(at(DEVSTACK))) await buildFor('servers');
  return runBuilt(DEVSTACK, args);
}

/** What an image consists of, below .images. */
async function rootfs(args) {
  await build();
  return runBuilt('tools/images/dist/main.js', args);
}

async function images() {
  const code = await rootfs([]);
  return code === 0 ? runBuilt('tools/images/dist/build.js', []) : code;
}

/** The evidence for a release of the chart: charts/audit. */
async function chartAudit(args) {
  await build(['tools/chart']);
  return runBuilt('tools/chart/dist/main.js', args);
}

export const COMMANDS = {
  build: (args) => build(args),
  check,
  test,
  devstack,
  reference,
  rootfs,
  images,
  'chart-audit': chartAudit,
  bench: afterBuild('load-tests/dist/bench.js'),
  faults: afterBuild('load-tests/dist/faults.js'),
  load: afterBuild('load-tests/dist/k6/main.js'),
};
