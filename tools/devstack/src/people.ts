import { join } from 'node:path';
import { ROUTES, handle } from '@relais/contracts';
import { type DeviceId, newId } from '@relais/kernel';
import { ApiError, type DeviceDescription, DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';
import { z } from 'zod';
import { readJson, writeJson } from './json-file.js';
import { newPassword } from './secrets.js';
import type { Stack } from './stack.js';

const person = z.object({
  email: z.string(),
  displayName: z.string(),
  password: z.string(),
  device: z.object({ id: z.string(), name: z.string(), platform: z.literal('desktop') }),
  /** The device's private key, as `DeviceKey.toJSON` writes it. */
  deviceKey: z.record(z.string(), z.unknown()),
});
export type Person = z.infer<typeof person>;

/** `.devstack/<name>/people.json`: two people who can talk. `relais-chat` and whoever tries things out read it. */
export const people = z.object({
  gateways: z.array(z.string()),
  organization: handle,
  people: z.object({ alice: person, bob: person }),
  /** Both are in the organization. */
  isComplete: z.boolean(),
});
export type People = z.infer<typeof people>;

export const peopleFile = (stack: Stack): string => join(stack.directory, 'people.json');

/**
 * Makes the first organization with its owner alice, who invites bob. What was done before is not done again: the plan
 * with both passwords is on disk before the first call, so an interrupted start goes on where it was.
 */
export async function ensurePeople(stack: Stack, gateways: string[], bootstrapToken: string): Promise<People> {
  const kept = readJson(peopleFile(stack), people) ?? plan();
  const file = { ...kept, gateways };
  writeJson(peopleFile(stack), file);
  if (file.isComplete) return file;
  const api = new RelaisApi({ gateways, timeoutMs: 30_000 });
  const alice = await signInOwner(api, file, bootstrapToken);
  try {
    await inviteBob(api, file, alice);
  } finally {
    alice.close();
  }
  const complete = { ...file, isComplete: true };
  writeJson(peopleFile(stack), complete);
  return complete;
}

function plan(): People {
  return {
    gateways: [],
    organization: 'demo',
    people: { alice: newPerson('alice', 'Alice'), bob: newPerson('bob', 'Bob') },
    isComplete: false,
  };
}

const newPerson = (name: string, displayName: string): Person => ({
  email: `${name}@demo.example`,
  displayName,
  password: newPassword(),
  device: { id: newId<DeviceId>(), name: `${displayName}'s terminal`, platform: 'desktop' },
  deviceKey: DeviceKey.generate().toJSON(),
});

const deviceOf = ({ device }: Person) => device as DeviceDescription;
const keyOf = ({ deviceKey }: Person) => DeviceKey.fromJSON(deviceKey);
const nameOf = ({ email, displayName, password }: Person) => ({ email, displayName, password });

/** The token works once; when it was used, the owner has the password of the plan. */
async function signInOwner(
  api: RelaisApi,
  { organization, people: { alice } }: People,
  bootstrapToken: string,
): Promise<RelaisSession> {
  const founding = { bootstrapToken, organization: { handle: organization, name: 'Demo' }, owner: nameOf(alice) };
  try {
    return await RelaisSession.bootstrap(api, founding, deviceOf(alice), keyOf(alice));
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'bootstrap_refused') throw error;
    const { email, password } = alice;
    return RelaisSession.login(api, { organization, email, password }, deviceOf(alice), keyOf(alice));
  }
}

async function inviteBob(api: RelaisApi, { people: { bob } }: People, owner: RelaisSession): Promise<void> {
  const { invitationToken } = await owner.call(ROUTES.invite, {});
  try {
    const session = await RelaisSession.acceptInvitation(
      api,
      { invitationToken, ...nameOf(bob) },
      deviceOf(bob),
      keyOf(bob),
    );
    session.close();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'email_taken') throw error;
  }
}
