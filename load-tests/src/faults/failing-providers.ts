import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AlarmReport, ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { signWebhook } from '@relais/security';
import { type Answerer, answerJson, HttpProvider, MailServer, MISBEHAVIOURS } from '@relais/testing';
import { pause } from '../world/random.js';
import type { World } from '../world/world.js';
import type { FaultContext } from './fault-case.js';

/** P-10: the ladder does not wait longer for a provider. */
const LADDER_MS = 5_000;
const GIVE_UP_MS = 30_000;
const REPETITIONS = 5;

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

let found: Record<string, number> = {};
export const providersLeft = (): Promise<Record<string, number>> => Promise.resolve(found);

let bug: string | undefined;
/** Planted bug: reports are believed without their signature. @returns takes the bug out again */
export const believeReports = (): Promise<() => void> => {
  bug = pathToFileURL(join(import.meta.dirname, '..', 'mutations', 'believe-reports.js')).href;
  return Promise.resolve(() => (bug = undefined));
};

interface Providers {
  world: World;
  phone: HttpProvider;
  mail: MailServer;
  secret: string;
}

type Told = AlarmReport['items'][number]['told'][number];

/**
 * The provider of messages reports, and others forge its reports; then it is broken in one way after the other, and the people
 * have to be told by mail in time although nobody has waited a message's silence.
 */
export async function failProviders({ world }: FaultContext): Promise<void> {
  found = {
    'ladders that waited': 0,
    'tellings missing': 0,
    'forged reports believed': 0,
    'reports with another effect': 0,
  };
  const phone = await HttpProvider.start(accept);
  const mail = await MailServer.start({ tls: 'none' });
  const providers = { world, phone, mail, secret: newSecret() };
  try {
    await world.calm();
    await world.plant({ alerting: { ...(bug ? { module: bug } : {}), env: await environmentOf(providers) } });
    world.supervise();
    await world.people.owner.call(ROUTES.putAlarmSettings, { settings: { paths: ['sms', 'email'] } });
    await reports(providers);
    for (const how of ['reset', 'silence', 'garbage', 'flood'] as const) await broken(providers, MISBEHAVIOURS[how]);
  } finally {
    await world.calm();
    await world.plant({});
    world.supervise();
    await Promise.all([phone.stop(), mail.stop()]);
  }
}

const accept: Answerer = (_, response) => answerJson(response, 202, { id: newId() });

const environmentOf = async ({ world, phone, mail, secret }: Providers) => ({
  ...{ SMS_PROVIDER: 'http', PHONE_HTTP_URL: phone.url, PHONE_HTTP_SECRET: secret },
  ...{ SMTP_URL: mail.url, SMTP_FROM: 'alarms@relais.example' },
  REPORTS_URL: (await world.gateways())[0] ?? '',
});

/** A forged report changes nothing; a true one counts once, however often it comes, and ends the ladder. */
async function reports(providers: Providers): Promise<void> {
  const { phone, mail, secret } = providers;
  const alarmId = await raise(providers);
  await until(() => phone.received.length > 0);
  const { id, reportUrl } = JSON.parse(phone.received.at(-1)?.body.toString() ?? '{}') as Record<string, string>;
  const post = (by: string, state: string) => report(reportUrl ?? '', by, id ?? '', state);
  await until(async () => (await toldBy(providers, alarmId, 'sms'))?.state === 'sent');
  const refused = await Promise.all([post(newSecret(), 'reached'), post(newSecret(), 'undeliverable')]);
  const before = await toldBy(providers, alarmId, 'sms');
  add(
    'forged reports believed',
    refused.filter((status) => status !== 403).length + (before?.state === 'sent' ? 0 : 1),
  );

  const taken = await Promise.all(Array.from({ length: REPETITIONS }, () => post(secret, 'reached')));
  const first = await toldBy(providers, alarmId, 'sms');
  await post(secret, 'undeliverable');
  await post(secret, 'reached');
  const last = await toldBy(providers, alarmId, 'sms');
  const hasEffect = first?.state === 'received' && last?.receivedAt === first.receivedAt && last?.state === 'received';
  add('reports with another effect', (hasEffect ? 0 : 1) + taken.filter((status) => status !== 200).length);
  add('reports with another effect', mail.received.length);
}

async function broken(providers: Providers, how: Answerer): Promise<void> {
  providers.phone.answer = how;
  const alarmId = await raise(providers);
  const isMailed = async () => (await toldBy(providers, alarmId, 'email'))?.state === 'sent';
  add('tellings missing', (await until(isMailed)) ? 0 : 1);
  const [sms, email] = [await toldBy(providers, alarmId, 'sms'), await toldBy(providers, alarmId, 'email')];
  const waitedMs = Date.parse(email?.sentAt ?? '') - Date.parse(sms?.queuedAt ?? '');
  add('ladders that waited', waitedMs <= LADDER_MS ? 0 : 1);
}

/** To somebody new, whom the organization knows a phone and an address of. */
async function raise({ world: { people } }: Providers): Promise<string> {
  const name = `told-${newId().slice(-12)}`;
  const { userId } = (await people.invite(name)).tokens;
  const addresses = [
    { kind: 'phone' as const, number: `+4915${String(Math.floor(Math.random() * 1e9)).padStart(9, '0')}` },
    { kind: 'email' as const, address: `${name}@clinic.example` },
  ];
  // The owner writes like everybody else, and has a new session each time: that must cost them nothing.
  const owner = await people.freshOwner();
  for (const address of addresses)
    await owner.call(ROUTES.putContactPoint, { contactPointId: newId(), userId, address });
  const alarmId = newId<never>();
  await owner.call(ROUTES.raiseAlarm, { alarmId, severity: 'alarm', title: 'F-36', audience: { userIds: [userId] } });
  return alarmId;
}

async function toldBy({ world: { people } }: Providers, alarmId: string, path: string): Promise<Told | undefined> {
  const { items } = await people.owner.call(ROUTES.readAlarmReport, { alarmId: alarmId as never });
  return items.flatMap(({ told }) => told).find((one) => one.path === path);
}

async function report(url: string, secret: string, id: string, state: string): Promise<number> {
  const body = JSON.stringify({ id, state });
  const headers = { 'content-type': 'application/json', ...signWebhook(secret, `report-${id}`, body) };
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

/** @returns whether it came true in time */
async function until(isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + GIVE_UP_MS;
  while (performance.now() < deadline) {
    if (await isSo()) return true;
    await pause(100);
  }
  return false;
}

const add = (name: string, count: number): void => void (found[name] = (found[name] ?? 0) + count);
