import { ROUTES } from '@relais/contracts';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { filesOf, signIn, stepUp } from '../admin/sign-in.js';
import { ApiError } from '../api-error.js';
import { openDevice } from '../chat/device-file.js';
import { findPerson } from '../chat/person.js';
import { RelaisApi } from '../http/relais-api.js';
import type { BotCredentials } from '../session/bot-session.js';
import { DeviceKey } from '../session/device-key.js';
import type { RelaisSession } from '../session/relais-session.js';
import type { ProbeOptions } from './probe-options.js';

/** Makes the bot, writes what it comes in with, and names it in the alarm settings. @throws Error when the file is there already */
export async function setUp({ who, credentials: path, gateways }: ProbeOptions): Promise<void> {
  const person = await findPerson(who);
  const files = filesOf(who.peopleFile, person);
  const session = await signIn(new RelaisApi(person), person, await openDevice(files.device), files.session);
  try {
    const key = DeviceKey.generate();
    const bot = await fresh(
      () => stepUp(session, person),
      () => makeBot(session, key),
    );
    const made = { gateways: gateways.length > 0 ? gateways : person.gateways, ...bot, key };
    await keep(path, made);
    await testInside(session, bot.botId);
  } finally {
    session.close();
  }
}

async function makeBot(session: RelaisSession, key: DeviceKey) {
  const bot = await session.call(ROUTES.createBot, {
    ...{ displayName: 'Watchdog over alarms', publicKey: key.publicKey },
    scopes: ['messages:read', 'alarms:write'],
  });
  return { botId: bot.id, clientId: bot.clientId, keyId: bot.keys[0]?.id ?? '' };
}

async function keep(path: string, { gateways, clientId, keyId, key }: BotCredentials): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const written = JSON.stringify({ gateways, clientId, keyId, key }, null, 2);
  await writeFile(path, written, { flag: 'wx', mode: 0o600 });
}

async function testInside(session: RelaisSession, botId: Awaited<ReturnType<typeof makeBot>>['botId']): Promise<void> {
  const settings = await session.call(ROUTES.readAlarmSettings, {});
  await session.call(ROUTES.putAlarmSettings, { settings: { ...settings, probeUserId: botId } });
}

/** Making a bot may need that one shows once more who one is. */
async function fresh<Answer>(show: () => Promise<void>, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.code !== 'step_up_required') throw thrown;
    await show();
    return work();
  }
}
