// The one door to everything that is run here: `node tools/run.mjs <command> [args]`.
// Plain JavaScript for Node 20 without node_modules, because it is what installs them.
import { COMMANDS } from './run/commands.mjs';
import { ensureDependencies } from './run/dependencies.mjs';
import { Failure, say } from './run/shell.mjs';

const [name = '', ...args] = process.argv.slice(2);

try {
  const command = COMMANDS[name];
  if (!command) throw new Failure(`unknown command "${name}"; there are: ${Object.keys(COMMANDS).join(', ')}`, 2);
  await ensureDependencies();
  process.exitCode = await command(args.filter((arg) => arg !== '--'));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  say(error.message);
  process.exitCode = error.exitCode;
}
