import { ROUTES } from '@relais/contracts';
import { filesOf, signIn, stepUp } from '../admin/sign-in.js';
import { ApiError } from '../api-error.js';
import { openDevice } from '../chat/device-file.js';
import { Directory } from '../chat/directory.js';
import { findPerson, type Person } from '../chat/person.js';
import { RelaisApi } from '../http/relais-api.js';
import type { RelaisSession } from '../session/relais-session.js';
import { tellFailure } from '../tell-failure.js';
import { type AlarmWish, readAlarmOptions, USAGE } from './alarm-options.js';
import { follow } from './follow.js';
import { raise, type Raised } from './raise.js';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<void> {
  const { wish, who } = readAlarmOptions(args);
  if (wish.kind === 'help') return print(USAGE);
  const person = await findPerson(who);
  const files = filesOf(who.peopleFile, person);
  const session = await signIn(new RelaisApi(person), person, await openDevice(files.device), files.session);
  try {
    await fulfil(wish, session, person);
  } finally {
    session.close();
  }
}

async function fulfil(wish: Exclude<AlarmWish, { kind: 'help' }>, session: RelaisSession, person: Person) {
  const directory = await Directory.read(session);
  if (wish.kind === 'end') {
    const { state } = await session.call(ROUTES.endAlarm, { alarmId: wish.alarmId, as: 'all_clear' });
    return print(state);
  }
  if (wish.kind === 'approve') {
    await session.call(ROUTES.approveAlarm, { alarmId: wish.alarmId });
    return print('approved: people are told now');
  }
  if (wish.kind === 'report' || wish.kind === 'drill')
    return void process.stdout.write(await session.read(pageOf(wish), { timeoutMs: 60_000 }));
  if (wish.kind === 'follow') return follow(session, directory, wish.alarmId, print);
  const { alarmId, warnings, isWaiting } = await raiseFresh(wish, session, directory, person);
  print(`alarm ${alarmId}`);
  for (const { says } of warnings) print(`warning: ${says}`);
  if (isWaiting) print(`waits for a second person: relais-alarm --approve ${alarmId} --as NAME`);
  if (wish.follows) await follow(session, directory, alarmId, print);
}

function pageOf(wish: Extract<AlarmWish, { kind: 'report' | 'drill' }>): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const page = `report.html?timeZone=${encodeURIComponent(timeZone)}`;
  if (wish.kind === 'drill') return `/v1/alarm-drills/${wish.drillId}/${page}`;
  return `/v1/alarms/${wish.alarmId}/${wish.asTable ? 'report.csv' : page}`;
}

/** Changing who is told may need that one shows once more who one is. */
async function raiseFresh(
  { alarm }: Extract<AlarmWish, { kind: 'raise' }>,
  session: RelaisSession,
  directory: Directory,
  person: Person,
): Promise<Raised> {
  try {
    return await raise(session, directory, alarm);
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.code !== 'step_up_required') throw thrown;
    await stepUp(session, person);
    return raise(session, directory, alarm);
  }
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  tellFailure('relais-alarm', thrown);
}
