import { LintWorkspace } from './workspace.js';

describe('node tools/lint/main.mjs', () => {
  let workspace: LintWorkspace;

  beforeEach(() => {
    workspace = new LintWorkspace();
    workspace.declare('libs/kernel', []);
    workspace.declare('libs/contracts', ['kernel']);
    workspace.declare('libs/bus', ['kernel', 'contracts']);
    workspace.declare('libs/sdk', ['kernel', 'contracts']);
    for (const app of ['auth', 'gateway']) workspace.declare(`apps/${app}`, ['kernel', 'contracts', 'bus']);
    workspace.write('apps/auth/src/clean.ts', 'export const a = 1;\n');
  });

  afterEach(() => workspace.close());

  it('ends with 0 when there is nothing to say', () => {
    expect(workspace.lint()).toMatchObject({ status: 0 });
  }, 60_000);

  it('ends with 1 when a file breaks a rule', () => {
    workspace.write('apps/auth/src/debug.ts', 'console.log(1);\n');
    expect(workspace.lint()).toMatchObject({ status: 1, output: expect.stringContaining('no-console') });
  }, 60_000);

  it('ends with 1 when two projects depend on each other', () => {
    workspace.declare('libs/database', ['bus']);
    workspace.declare('libs/bus', ['database']);
    expect(workspace.lint()).toMatchObject({
      status: 1,
      output: expect.stringMatching(/cycle between projects: (bus|database) → /),
    });
  }, 60_000);

  it('ends with 1 when a package.json declares a forbidden direction', () => {
    workspace.declare('libs/kernel', ['contracts']);
    expect(workspace.lint()).toMatchObject({
      status: 1,
      output: expect.stringContaining('libs/kernel/package.json: may not depend on @relais/contracts'),
    });
  }, 60_000);

  it('ends with 1 on a suppression that suppresses nothing', () => {
    workspace.write('apps/auth/src/quiet.ts', '// oxlint-disable-next-line no-console\nexport const a = 1;\n');
    expect(workspace.lint()).toMatchObject({ status: 1 });
  }, 60_000);
});
