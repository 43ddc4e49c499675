import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { releaseBefore } from './release-before.mjs';
import { Failure, at, output, run, runBuilt, say } from './shell.mjs';

const KINDS = ['unit', 'int', 'e2e'];
const devstack = 'tools/devstack/dist/main.js';

const jestArgs = (kinds, args) => [
  ...['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'],
  ...['--selectProjects', ...kinds, '--passWithNoTests', '-w', '2', '--testTimeout', '30000', ...args],
];

/** One kind of tests, with servers when it needs them; `args` go to Jest. */
export async function testKind(kind, args) {
  if (kind === 'unit') return run('node', jestArgs([kind], args));
  return withServers((env) => run('node', jestArgs([kind], args), { env }));
}

/**
 * What CI runs: checks, all tests, the smoke set of faults, a rollout from the release before. The last line counts them; a check counts when it fails. The
 * lines before it name what failed, because logs are cut in their middle.
 */
export async function testAll(findDisorder) {
  const disorder = await findDisorder();
  const counts = [{ passed: 0, failed: disorder.length, names: disorder }];
  if (!existsSync(at(devstack))) return report(counts);
  counts.push(await jest(), ...(await smokeFaults()), ...(await besideReleaseBefore()));
  return report(counts);
}

async function jest() {
  const results = at('.devstack', `test-results-${process.pid}.json`);
  mkdirSync(at('.devstack'), { recursive: true });
  const args = jestArgs(KINDS, ['--json', '--outputFile', results]);
  try {
    const code = await withServers((env) => run('node', args, { env, stdio: ['ignore', 'ignore', 2] }));
    return jestCount(results, code);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(error.message);
    return { passed: 0, failed: 1, names: [error.message] };
  } finally {
    rmSync(results, { force: true });
  }
}

/** A suite that could not even be loaded has no failed test, and counts as one. */
function jestCount(path, exitCode) {
  if (!existsSync(path)) return { passed: 0, failed: 1, names: ['Jest, without results'] };
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const failed = json.numFailedTests + json.numRuntimeErrorTestSuites;
  const names = json.testResults.flatMap(failuresOf);
  return { passed: json.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed, names };
}

/** Each failed test of a suite with the first lines of its message; of a suite that was not loaded, its own. */
function failuresOf({ name, message, status, assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [`${name}\n${beginOf(message)}`] : [];
  return failed.map((test) => `${name} › ${test.fullName}\n${beginOf(test.failureMessages[0] ?? '')}`);
}

const beginOf = (message) =>
  stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');

/** A small set of the faults of load-tests/, each a case that passes or fails. */
const smokeFaults = () => faults('the smoke set of faults', ['--smoke']);

/** Services of the release before on the tables of this one, and both side by side. */
async function besideReleaseBefore() {
  const { folder, why } = await releaseBefore();
  if (folder)
    return faults('the release before', ['--case', 'F-24-mixed', '--no-mutations'], { RELAIS_SERVICES_OF: folder });
  say(`not run beside the release before: ${why}`);
  return [];
}

async function faults(what, args, env = {}) {
  if (!existsSync(at('load-tests/dist/faults.js'))) return [];
  const latest = at('faults/runs/latest.json');
  rmSync(latest, { force: true });
  say(what);
  const code = await runBuilt('load-tests/dist/faults.js', args, env);
  if (!existsSync(latest)) return [{ passed: 0, failed: 1, names: [`${what}, without results`] }];
  const { passed, failed } = JSON.parse(readFileSync(latest, 'utf8'));
  const count = { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
  return [{ ...count, names: count.failed > 0 ? [`${what}: see above`] : [] }];
}

function report(counts) {
  for (const name of counts.flatMap(({ names }) => names)) process.stdout.write(`failed: ${name}\n`);
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed\n`);
  return sum('failed') === 0 ? 0 : 1;
}

/**
 * Private servers for the time of one run; with RELAIS_KEEP_TEST_SERVERS=1 one shared set that stays. Two runs at once
 * have a set each, or share the kept one.
 */
async function withServers(work) {
  const keep = process.env.RELAIS_KEEP_TEST_SERVERS === '1';
  const name = keep ? 'test' : `test-${process.pid}`;
  const env = JSON.parse(
    await output('node', [devstack, 'servers', 'up', name, ...(keep ? [] : ['--owner', process.pid])]),
  );
  try {
    return await work(env);
  } finally {
    if (!keep)
      await run('node', [devstack, 'servers', 'down', name, '--purge'], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}
