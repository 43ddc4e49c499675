import { join } from 'node:path';
import { ROUTES, handle } from '@relais/contracts';
import { type DeviceId, newId } from '@relais/kernel';
import { ApiError, type DeviceDescription, DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';
import { z } from 'zod';
import { readJson, writeJson } from './json-file.js';
import { newPassword } from './secrets.js';
import { Stack } from './stack.js';

const person = z.object({ name: z.string(), email: z.string(), displayName: z.string(), password: z.string() });
export type Person = z.infer<typeof person>;

/** `.devstack/<name>/people.json`: two people who can talk. `relais-chat` and whoever tries things out read it. */
export const people = z.object({
  gateways: z.array(z.string()),
  organization: handle,
  /** The owner comes first. */
  people: z.tuple([person, person]),
  /** Both are in the organization. */
  isComplete: z.boolean(),
});
export type People = z.infer<typeof people>;

export const peopleFile = (stack: Stack): string => join(stack.directory, 'people.json');

/** Who is in the stack that `npm run up` has started; undefined where none was. */
export const readPeople = (name = 'default'): People | undefined =>
  Stack.exists(name) ? readJson(peopleFile(Stack.open(name)), people) : undefined;

const MAX_ATTEMPTS = 8;

/**
 * Makes the first organization with its owner alice, who invites bob. What was done before is not done again: the plan
 * with both passwords is on disk before the first call, so an interrupted start goes on where it was.
 */
export async function ensurePeople(
  stack: Stack,
  gateways: string[],
  bootstrapToken: string,
  kept: People = readJson(peopleFile(stack), people) ?? plan(),
): Promise<People> {
  const file = { ...kept, gateways };
  writeJson(peopleFile(stack), file);
  if (file.isComplete) return file;
  const api = new RelaisApi({ gateways, timeoutMs: 30_000 });
  await patiently(() => makePeople(api, file, bootstrapToken));
  const complete = { ...file, isComplete: true };
  writeJson(peopleFile(stack), complete);
  return complete;
}

async function makePeople(api: RelaisApi, file: People, bootstrapToken: string): Promise<void> {
  const owner = await signInOwner(api, file, bootstrapToken);
  try {
    await invite(api, file.people[1], owner);
  } finally {
    await owner.logout().catch(() => undefined);
  }
}

/** A machine that is still busy starting may be late with an answer; every step can be taken again. */
async function patiently(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.retryable || attempt === MAX_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 1_000));
    }
  }
}

const plan = (): People => ({
  gateways: [],
  organization: 'demo',
  people: [newPerson('alice', 'Alice'), newPerson('bob', 'Bob')],
  isComplete: false,
});

const newPerson = (name: string, displayName: string): Person => ({
  name,
  displayName,
  email: `${name}@demo.example`,
  password: newPassword(),
});

/** What the setup itself signs in with; the apps of these people have devices of their own. */
const newDevice = (): DeviceDescription => ({ id: newId<DeviceId>(), name: 'npm run up', platform: 'desktop' });
const accountOf = ({ email, displayName, password }: Person) => ({ email, displayName, password });

/** The token works once; when it was used, the owner has the password of the plan. */
async function signInOwner(
  api: RelaisApi,
  { organization, people }: People,
  bootstrapToken: string,
): Promise<RelaisSession> {
  const [owner] = people;
  const founding = { bootstrapToken, organization: { handle: organization, name: 'Demo' }, owner: accountOf(owner) };
  try {
    return await RelaisSession.bootstrap(api, founding, newDevice(), DeviceKey.generate());
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'bootstrap_refused') throw error;
    const { email, password } = owner;
    return RelaisSession.login(api, { organization, email, password }, newDevice(), DeviceKey.generate());
  }
}

/** An e-mail that is taken is that of an earlier start which got this far. */
async function invite(api: RelaisApi, guest: Person, owner: RelaisSession): Promise<void> {
  const { invitationToken } = await owner.call(ROUTES.invite, {});
  const joining = { invitationToken, ...accountOf(guest) };
  try {
    const session = await RelaisSession.acceptInvitation(api, joining, newDevice(), DeviceKey.generate());
    await session.logout();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'email_taken') throw error;
  }
}
