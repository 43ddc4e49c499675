import { spawnSync } from 'node:child_process';
import { engine, type Engine } from './engine.js';

/** No network, nothing to write on: a service asks for its configuration and for nothing else. */
const RUN = ['run', '--rm', '--network=none', '--read-only'];
/** Engines in containers may not raise limits. */
const MORE = (process.env['RELAIS_ENGINE_RUN_OPTIONS'] ?? '').split(' ').filter(Boolean);

/** What does not hold of an image, one sentence each; empty where it is as it should be. */
export function smokeTest(found: Engine, image: string, programs: readonly string[]): string[] {
  return [
    ...programs.filter((program) => !asksForConfiguration(found, image, program)).map((one) => `${one} does not start`),
    ...(endsWhenTold(found, image) ? [] : ['a signal does not reach the program']),
    ...(hasShell(found, image) ? ['there is a shell in it'] : []),
  ];
}

/** Everything that it needs to load is there. */
function asksForConfiguration({ program, options }: Engine, image: string, path: string): boolean {
  const { stderr, stdout } = spawnSync(program, [...options, ...RUN, ...MORE, image, path], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  return `${stdout}${stderr}`.includes('Invalid configuration');
}

const WAIT = "process.on('SIGTERM', () => process.exit(0)); setInterval(() => undefined, 1000); console.log('up')";

/** As process 1, which gets no signal that it does not ask for. */
function endsWhenTold(found: Engine, image: string): boolean {
  const name = `relais-smoke-${process.pid}`;
  engine(found, ['run', '--detach', '--name', name, '--network=none', '--read-only', ...MORE, image, '-e', WAIT]);
  try {
    const deadline = Date.now() + 30_000;
    while (!engine(found, ['logs', name]).includes('up') && Date.now() < deadline) spawnSync('sleep', ['0.2']);
    engine(found, ['stop', '--time', '30', name]);
    return engine(found, ['inspect', '--format', '{{.State.ExitCode}}', name]).trim() === '0';
  } finally {
    spawnSync(found.program, [...found.options, 'rm', '--force', name], { stdio: 'ignore' });
  }
}

const hasShell = ({ program, options }: Engine, image: string): boolean =>
  spawnSync(program, [...options, ...RUN, ...MORE, '--entrypoint', '/bin/sh', image, '-c', 'true'], { stdio: 'ignore' })
    .status === 0;
