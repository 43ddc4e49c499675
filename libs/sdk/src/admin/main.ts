import { readFile, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ApiError } from '../api-error.js';
import { openDevice } from '../chat/device-file.js';
import { findPerson } from '../chat/person.js';
import { printable } from '../chat/printable.js';
import { whoOf } from '../chat/who-options.js';
import { RelaisApi } from '../http/relais-api.js';
import type { RelaisSession } from '../session/relais-session.js';
import { tellFailure } from '../tell-failure.js';
import { type AdminValues, readAdminOptions, USAGE } from './admin-options.js';
import { bootstrap } from './bootstrap.js';
import { importList } from './import-people.js';
import { checkInput, describeOperation, listOperations, operationNamed, parseInput } from './operations.js';
import { filesOf, signIn, stepUp } from './sign-in.js';

async function main(args: string[]): Promise<string> {
  const { values, positionals } = readAdminOptions(args);
  const [operation, given = '{}'] = positionals;
  if (values.help || !operation) return USAGE;
  if (operation === 'list') return listOperations();
  if (operation === 'describe') return describeOperation(given);
  if (operation === 'bootstrap') return bootstrap(values, positionals[1]);
  if (operation === 'import-people') return importFile(values, given);
  const route = operationNamed(operation);
  const input = checkInput(route, parseInput(await contentOf(given)));
  return within(values, async (session) => `${JSON.stringify(await session.call(route, input), null, 2)}\n`);
}

async function importFile(values: AdminValues, file: string): Promise<string> {
  const list = await readFile(file, 'utf8');
  const print = (line: string) => void process.stdout.write(`${printable(line)}\n`);
  const { apply } = values;
  return within(values, async (session) => {
    if (!(await importList(session, list, { apply, print }))) process.exitCode = 1;
    return '';
  });
}

/** Works as the person of the command line, who shows once more who they are where that is asked for. */
async function within(values: AdminValues, work: (session: RelaisSession) => Promise<string>): Promise<string> {
  const person = await findPerson(whoOf(values));
  const { device: deviceFile, session: kept } = filesOf(values.people, person);
  const device = await openDevice(deviceFile);
  const signedIn = async () => {
    const session = await signIn(new RelaisApi(person), person, device, kept);
    try {
      return await withStepUp(
        () => work(session),
        () => stepUp(session, person),
      );
    } finally {
      session.close();
    }
  };
  return signedIn().catch(async (thrown: unknown) => {
    if (!(thrown instanceof ApiError) || !SIGN_IN_ANEW.has(thrown.code)) throw thrown;
    await rm(kept, { force: true });
    return signedIn();
  });
}

function contentOf(given: string): Promise<string> | string {
  if (given === '-') return text(process.stdin);
  return given.startsWith('@') ? readFile(given.slice(1), 'utf8') : given;
}

/** What another session than the one that was kept may change: that was ended elsewhere, or began without a second factor. */
const SIGN_IN_ANEW: ReadonlySet<string> = new Set(['token_revoked', 'factor_enrolment_required']);

/** What showing once more who one is may change: the session is old, or showed less than what is to be demanded. */
const SHOW_AGAIN: ReadonlySet<string> = new Set(['step_up_required', 'would_lock_out']);

async function withStepUp<Answer>(work: () => Promise<Answer>, showAgain: () => Promise<void>): Promise<Answer> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || !SHOW_AGAIN.has(thrown.code)) throw thrown;
    await showAgain();
    return work();
  }
}

try {
  process.stdout.write(await main(process.argv.slice(2)));
} catch (thrown) {
  tellFailure('relais-admin', thrown);
}
