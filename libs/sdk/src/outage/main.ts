import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { filesOf, signIn, stepUp } from '../admin/sign-in.js';
import { ApiError } from '../api-error.js';
import { openDevice } from '../chat/device-file.js';
import { Directory } from '../chat/directory.js';
import { findPerson, type Person, type Who } from '../chat/person.js';
import { RelaisApi } from '../http/relais-api.js';
import { DeviceKey } from '../session/device-key.js';
import type { RelaisSession } from '../session/relais-session.js';
import { tellFailure } from '../tell-failure.js';
import { readKeyFile, writeKeyFile } from './key-file.js';
import { type OutageWish, readOutageOptions, USAGE } from './outage-options.js';
import { renderOutage } from './outage-page.js';
import { switchByKey } from './switch.js';

type Wish<Kind extends OutageWish['kind']> = Extract<OutageWish, { kind: Kind }>;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<void> {
  const { wish, who } = readOutageOptions(args);
  switch (wish.kind) {
    case 'help':
      return print(USAGE);
    case 'switch':
      return byKey(wish);
    case 'new-key':
      return within(who, (session, person) => newKey(wish, session, person));
    case 'list':
      return within(who, list);
    case 'report':
      return within(who, (session) => report(wish, session));
  }
}

async function byKey({ on, keyFile, reason, gateway }: Wish<'switch'>): Promise<void> {
  const key = await readKeyFile(keyFile);
  const { changedAt } = await switchByKey({ ...key, gateways: gateway ? [gateway] : key.gateways }, { on, reason });
  print(`outage mode is ${on ? 'on' : 'off'} since ${changedAt}`);
}

/** The file is there before the server knows the key: one that nobody has would be of no use to anybody. */
async function newKey({ keyFile, label, validDays }: Wish<'new-key'>, session: RelaisSession, person: Person) {
  const key = DeviceKey.generate();
  const keyId = newId<never>();
  const { gateways, organization } = person;
  await writeKeyFile(keyFile, { gateways, organization, keyId, key });
  const input = { keyId, publicKey: key.publicKey.x, label, validDays };
  const issued = await session.call(ROUTES.putOutageKey, input, { retry: true }).catch(async (thrown: unknown) => {
    if (!(thrown instanceof ApiError) || thrown.code !== 'step_up_required') throw thrown;
    await stepUp(session, person);
    return session.call(ROUTES.putOutageKey, input, { retry: true });
  });
  print(`key ${keyId}, good until ${issued.expiresAt}: ${keyFile}`);
}

async function list(session: RelaisSession): Promise<void> {
  const { items } = await session.call(ROUTES.listOutages, {}, { retry: true });
  if (items.length === 0) print('none yet');
  for (const { id, beganAt, begunBy, endedAt, state } of items)
    print(`${id}  ${beganAt}  ${endedAt ?? '-'}  ${state}  by ${begunBy}`);
}

async function report({ outageId, asJson }: Wish<'report'>, session: RelaisSession): Promise<void> {
  const id = outageId ?? (await session.call(ROUTES.listOutages, {}, { retry: true })).items[0]?.id;
  if (id === undefined) throw new Error('there was no outage yet');
  const found = await session.call(ROUTES.readOutageReport, { outageId: id as never }, { retry: true });
  if (asJson) return print(JSON.stringify(found, null, 2));
  const directory = await Directory.read(session);
  print(renderOutage(found, (userId) => directory.nameOf(userId)));
}

async function within(who: Who, work: (session: RelaisSession, person: Person) => Promise<void>): Promise<void> {
  const person = await findPerson(who);
  const files = filesOf(who.peopleFile, person);
  const session = await signIn(new RelaisApi(person), person, await openDevice(files.device), files.session);
  try {
    await work(session, person);
  } finally {
    session.close();
  }
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  tellFailure('relais-outage', thrown);
}
