import type { Directory } from '../chat/directory.js';
import { printable } from '../chat/printable.js';
import type { RelaisSession } from '../session/relais-session.js';
import { happeningsOf } from './happenings.js';
import { readReport } from './read-report.js';

const EVERY_MS = 500;
/** After its end, for the last marks of devices. */
const LINGER_MS = 1_500;

/** Prints what happens to an alarm as it happens, until it is over or somebody has taken it on. */
export async function follow(
  session: RelaisSession,
  directory: Directory,
  alarmId: never,
  print: (line: string) => void,
): Promise<void> {
  const seen = new Set<string>();
  for (let left = Infinity; left > 0; left -= EVERY_MS) {
    const report = await readReport(session, alarmId);
    for (const { key, at, userId, says } of happeningsOf(report)) {
      if (seen.has(key)) continue;
      seen.add(key);
      print(`${at.slice(11, 19)}  ${directory.nameOf(userId)} ${printable(says)}`);
    }
    const { state, accepted } = report.alarm;
    if (left === Infinity && state !== 'open' && state !== 'awaiting_approval') {
      print(`          ${state}${accepted > 0 ? `: taken on by ${accepted}` : ''}`);
      left = LINGER_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
