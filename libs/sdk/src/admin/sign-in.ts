import { ROUTES, type UnfinishedLogin, unfinishedLogin } from '@relais/contracts';
import type { DeviceId } from '@relais/kernel';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ApiError } from '../api-error.js';
import { askSecret } from '../chat/ask-secret.js';
import type { Device } from '../chat/device-file.js';
import type { Person } from '../chat/person.js';
import type { RelaisApi } from '../http/relais-api.js';
import { RelaisSession } from '../session/relais-session.js';

/** Where the device and the session of a person are kept: beside the people file. */
export function filesOf(peopleFile: string, { keptAs }: Pick<Person, 'keptAs'>): { device: string; session: string } {
  const file = join(dirname(peopleFile), 'devices', `${encodeURIComponent(keptAs.toLowerCase())}-admin`);
  return { device: `${file}.json`, session: `${file}.session.json` };
}

/** How these programs call the device that they work on. */
export const deviceNamed = (id: DeviceId) => ({ id, name: 'relais-admin', platform: 'desktop' as const });

type Shown = Parameters<RelaisSession['stepUp']>[0]['shown'];

/** Goes on with the session in this file, or signs in; what a policy asks for beside the password is asked on the terminal. */
export async function signIn(api: RelaisApi, person: Person, device: Device, file: string): Promise<RelaisSession> {
  const session = (await resume(api, device, file)) ?? (await login(api, person, device));
  const keep = () => writeFile(file, JSON.stringify(session.tokens), { mode: 0o600 });
  session.on('tokens', () => void keep());
  await keep();
  return session;
}

/** A session that has ended, or never was, is not gone on with. */
async function resume(api: RelaisApi, { key }: Device, file: string): Promise<RelaisSession | undefined> {
  try {
    const session = RelaisSession.resume(api, JSON.parse(await readFile(file, 'utf8')), key);
    await session.accessToken();
    return session;
  } catch {
    return undefined;
  }
}

async function login(api: RelaisApi, { organization, email, password }: Person, { id, key }: Device) {
  try {
    return await RelaisSession.login(api, { organization, email, password: await password() }, deviceNamed(id), key);
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.code !== 'factor_required') throw thrown;
    const unfinished = unfinishedLogin.parse(thrown.details);
    return RelaisSession.finishLogin(api, { loginToken: unfinished.loginToken, shown: await ask(unfinished) }, key);
  }
}

/** Shows once more who one is: with a code where there is one, else with the password. */
export async function stepUp(session: RelaisSession, { password }: Person): Promise<void> {
  const offered = await session.call(ROUTES.beginStepUp, {});
  const hasCode = offered.factors.some((kind) => kind === 'totp' || kind === 'recovery_code');
  const shown: Shown = hasCode ? await ask(offered) : { kind: 'password', password: await password() };
  await session.stepUp({ loginToken: offered.loginToken, shown });
}

/** @throws Error where only a passkey would do: a terminal has none */
async function ask({ factors }: Pick<UnfinishedLogin, 'factors'>): Promise<Shown> {
  if (factors.includes('totp')) return { kind: 'totp', code: await askSecret('Code of your authenticator app: ') };
  if (factors.includes('recovery_code')) return { kind: 'recovery_code', code: await askSecret('Recovery code: ') };
  throw new Error('a passkey is asked for: use a browser, or add an authenticator app or recovery codes there');
}
