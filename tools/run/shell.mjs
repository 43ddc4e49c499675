import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const at = (...parts) => join(root, ...parts);

/** Something to tell the person at the keyboard in one line, without a stack. */
export class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const say = (line) => process.stderr.write(`relais: ${line}\n`);

/** node_modules/.bin comes first, so `node` is the Node 24 of the node-linux packages. */
export const environment = (more = {}) => ({
  ...process.env,
  PATH: [at('node_modules', '.bin'), process.env.PATH].join(delimiter),
  ...more,
});

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program to its end and gives its exit code; 128 + n when a signal ended it. Signals sent to us are handed on,
 * so that the caller's own clean-up still runs.
 */
export function run(command, args, { env, stdio = 'inherit' } = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { cwd: root, env: environment(env), stdio });
    const handOn = (signal) => child.kill(signal);
    for (const signal of SIGNALS) process.on(signal, handOn);
    child.on('error', (error) => failed(new Failure(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      for (const name of SIGNALS) process.off(name, handOn);
      done(code ?? 128 + (signal === 'SIGINT' ? 2 : 15));
    });
  });
}

/** Like `run`, but gives what the program wrote to standard output. Progress and errors pass through. */
export function output(command, args, { env } = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { cwd: root, env: environment(env), stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => failed(new Failure(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code) =>
      code === 0
        ? done(Buffer.concat(chunks).toString())
        : failed(new Failure(`${command} ${args[0]} failed`, code ?? 1)),
    );
  });
}

/** Runs one of our compiled programs under Node 24. */
export async function runBuilt(path, args, env) {
  if (!existsSync(at(path))) throw new Failure(`${path} is not there: this part of Relais is not in the checkout`);
  return run('node', ['--enable-source-maps', path, ...args], { env });
}
