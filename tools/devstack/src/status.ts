import { stopStack } from './cluster/stop-stack.js';
import { isRunning, lastLines } from './process.js';
import { usageOf } from './procfs.js';
import { settingsOf } from './settings/kept-settings.js';
import { shown } from './settings/setting.js';
import { Stack } from './stack.js';

const MEBIBYTE = 1024 * 1024;

/**
 * Prints every process that was started, the end of the log of those that have ended, and the settings of the user's own.
 * Whether all are running.
 */
export function status(name: string): boolean {
  const stack = Stack.exists(name) ? Stack.open(name) : undefined;
  const processes = stack?.processes ?? [];
  if (processes.length === 0) console.log(`"${name}" is down`);
  for (const process of processes) {
    const { memoryBytes, cpuSeconds } = usageOf(process.pid);
    if (isRunning(process)) {
      const memory = `${Math.round(memoryBytes / MEBIBYTE)} MiB`.padStart(8);
      console.log(
        `${process.name.padEnd(12)} running  pid ${String(process.pid).padEnd(7)} ${memory}  ${cpuSeconds.toFixed(1)} s CPU`,
      );
    } else {
      console.log(`${process.name.padEnd(12)} ENDED    the end of ${process.logFile}:\n${lastLines(process.logFile)}`);
    }
  }
  for (const one of stack ? settingsOf(stack) : []) console.log(`with ${shown(one)}`);
  return processes.length > 0 && processes.every((process) => isRunning(process));
}

/** Stops what `up` has started, services before servers. Data stays unless it is to be purged. */
export async function down(name: string, { purge }: { purge: boolean }): Promise<void> {
  if (!Stack.exists(name)) return console.log(`"${name}" is down`);
  await Stack.exclusively(name, async (stack) => {
    const running = stack.processes.filter((process) => isRunning(process)).map((process) => process.name);
    await stopStack(stack);
    console.log(running.length > 0 ? `stopped ${running.join(', ')}` : `"${name}" was down`);
    if (purge) stack.purge();
    console.log(purge ? `deleted ${stack.directory}` : `data is kept in ${stack.directory}`);
  });
}
