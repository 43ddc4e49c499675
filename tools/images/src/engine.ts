import { spawnSync } from 'node:child_process';

/** A container engine of this machine; words of its own for a place that gives it less. */
export interface Engine {
  program: string;
  options: readonly string[];
}

const words = (text = ''): string[] => text.split(' ').filter(Boolean);

/** An engine counts when it answers, not when its client is installed. `RELAIS_ENGINE_OPTIONS` goes before its command. */
export function findEngine(env = process.env): Engine | null {
  const options = words(env['RELAIS_ENGINE_OPTIONS']);
  const answers = (program: string) =>
    spawnSync(program, [...options, 'info'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
  const program = ['podman', 'docker'].find(answers);
  return program ? { program, options } : null;
}

/** Runs the engine. @throws Error with the end of what it said */
export function engine({ program, options }: Engine, args: readonly string[], timeoutMs = 600_000): string {
  const { status, stdout, stderr } = spawnSync(program, [...options, ...args], {
    encoding: 'utf8',
    timeout: timeoutMs,
  });
  if (status === 0) return `${stdout}${stderr}`;
  throw new Error(`${program} ${args[0]} failed:\n${`${stdout}${stderr}`.trim().split('\n').slice(-15).join('\n')}`);
}
