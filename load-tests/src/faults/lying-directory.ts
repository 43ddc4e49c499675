import { existsSync } from 'node:fs';
import { type DirectoryRun, type listUsers, ROUTES } from '@relais/contracts';
import { type DeviceId, newId } from '@relais/kernel';
import { DeviceKey, RelaisSession } from '@relais/sdk';
import type { z } from 'zod';
import { codeOf } from '../system/person.js';
import { WorldDirectory } from '../world/directory.js';
import type { World } from '../world/world.js';
import type { FaultContext } from './fault-case.js';

const PEOPLE = 100;
/** A frozen directory must not keep a run for longer. */
const RUN_ENDS_WITHIN_MS = 60_000;

let found: Record<string, number> = {};

/** The directory that people came from answers half, then nothing, then never, then is gone. */
export async function letDirectoryLie({ world }: FaultContext): Promise<void> {
  const directory = await WorldDirectory.start(world.people.owner, PEOPLE);
  try {
    const first = await directory.run();
    const [one] = directory.uids as [string];
    const before = await signIn(world, one);
    const ends = await lies(directory);
    found = {
      'people who were not brought in': PEOPLE - first.applied,
      'runs that believed it': ends.filter((state) => state !== 'stopped' && state !== 'failed').length,
      'people put out': PEOPLE - (await activePeople(world, directory.uids)),
      'people who cannot sign in while it is away': [before, await signIn(world, one)].filter((code) => code !== 'ok')
        .length,
    };
  } finally {
    await directory.stop();
  }
}

export const believedLies = (): Promise<Record<string, number>> => Promise.resolve(found);

export const noDirectoryServer = (): string | undefined =>
  existsSync('/usr/sbin/slapd') ? undefined : 'OpenLDAP (package slapd) is not on this machine';

/** How the run at each lie ended. */
async function lies(directory: WorldDirectory): Promise<(DirectoryRun['state'] | 'endless')[]> {
  const { slapd, uids } = directory;
  const states: Awaited<ReturnType<typeof lies>> = [];
  const runs = () =>
    directory.run(RUN_ENDS_WITHIN_MS).then(
      ({ state }) => state,
      () => 'endless' as const,
    );
  await directory.remove(uids.slice(PEOPLE / 2));
  states.push(await runs());
  slapd.freeze();
  states.push(await runs());
  slapd.thaw();
  await directory.remove(uids.slice(0, PEOPLE / 2));
  states.push(await runs());
  await slapd.kill();
  states.push(await runs());
  return states;
}

async function activePeople({ people }: World, uids: readonly string[]): Promise<number> {
  const names = new Set(uids.map((uid) => `Person ${uid}`));
  let active = 0;
  let cursor: string | undefined;
  do {
    const page: z.output<typeof listUsers.output> = await people.owner.call(ROUTES.listUsers, {
      limit: 200,
      ...(cursor ? { cursor } : {}),
    });
    active += page.items.filter(({ displayName, state }) => names.has(displayName) && state === 'active').length;
    cursor = page.next;
  } while (cursor);
  return active;
}

async function signIn({ people }: World, uid: string): Promise<string> {
  const account = { organization: 'harness', email: `${uid}@brigade.example`, password: `secret-${uid}` };
  const device = { id: newId<DeviceId>(), name: uid, platform: 'server' as const };
  return codeOf(
    RelaisSession.login(people.api, account, device, DeviceKey.generate()).then((session) => session.close()),
  );
}
