import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const workspace = join(import.meta.dirname, '..', '..', '..');

export interface Finding {
  rule: string;
  message: string;
  file: string;
}

interface Diagnostic {
  code: string;
  message: string;
  filename: string;
}

/** A throw-away workspace under the real lint set-up, so that a rule is tried where its globs expect it. */
export class LintWorkspace {
  private readonly root = mkdtempSync(join(tmpdir(), 'relais-lint-'));

  constructor() {
    cpSync(join(workspace, '.oxlintrc.json'), join(this.root, '.oxlintrc.json'));
    const isRule = (path: string) => !path.endsWith('.ts');
    cpSync(join(workspace, 'tools/lint/src'), join(this.root, 'tools/lint/src'), { recursive: true, filter: isRule });
    cpSync(join(workspace, 'tsconfig.base.json'), join(this.root, 'tsconfig.base.json'));
    symlinkSync(join(workspace, 'node_modules'), join(this.root, 'node_modules'));
    for (const app of ['auth', 'gateway']) this.declare(`apps/${app}`, ['contracts', 'kernel', 'bus', 'sdk', 'auth']);
    this.declare('libs/sdk', ['contracts', 'kernel', 'bus']);
    for (const lib of ['kernel', 'contracts', 'bus']) this.declare(`libs/${lib}`, ['kernel', 'contracts', 'database']);
    this.declare('tools/devstack', []);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Writes the package.json and the tsconfig of a project that depends on these libs of ours. */
  declare(project: string, dependencies: string[]): void {
    const entries = dependencies.map((name) => [`@relais/${name}`, '0.1.0']);
    this.write(
      `${project}/package.json`,
      JSON.stringify({ type: 'module', dependencies: Object.fromEntries(entries) }),
    );
    const tsconfig = {
      extends: '../../tsconfig.base.json',
      compilerOptions: { types: [] },
      include: ['src'],
      exclude: ['src/**/*.spec.ts'],
    };
    this.write(`${project}/tsconfig.json`, JSON.stringify(tsconfig));
  }

  /** What oxlint finds in everything written so far. */
  findings(): Finding[] {
    const oxlint = join(workspace, 'node_modules/oxlint/bin/oxlint');
    const run = this.run([oxlint, '--type-aware', '--format', 'json', '.']);
    const { diagnostics } = JSON.parse(run.output) as { diagnostics: Diagnostic[] };
    return diagnostics.map(({ code, message, filename }) => ({ rule: code, message, file: filename }));
  }

  /** Runs the whole linter as `npm run check` does. */
  lint(): { status: number | null; output: string } {
    return this.run([join(workspace, 'tools/lint/main.mjs'), '--root', this.root]);
  }

  close(): void {
    rmSync(this.root, { recursive: true });
  }

  private run(args: string[]): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: this.root, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  }
}
