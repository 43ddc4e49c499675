import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ROUTES } from '@relais/contracts';
import { readPeople } from '@relais/devstack';
import { type DeviceId, newId } from '@relais/kernel';
import { ApiError, DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';
import { PeopleServer } from './people-server.js';

const HELP = `npm run load -- --people 200
Invites people into an organization that is for load tests, and hands their sessions to k6. By itself into the one that npm run up
has made; into another one as its owner, whose PASSWORD is in the environment:
  --gateways URL,…  --organization HANDLE  --email ADDRESS
  --people N     how many (100)
  --port N       where k6 finds them (6060)
  --host H       on which address it listens (127.0.0.1)`;
const JOINING = 4;
const TOLD_EVERY = 50;
const device = () => ({ id: newId<DeviceId>(), name: 'load test', platform: 'server' as const });

const { values } = parseArgs({
  options: {
    ...{ gateways: { type: 'string' }, organization: { type: 'string' }, email: { type: 'string' } },
    ...{ people: { type: 'string', default: '100' }, port: { type: 'string', default: '6060' } },
    ...{ host: { type: 'string', default: '127.0.0.1' }, help: { type: 'boolean', default: false } },
  },
});
const owner = values.help ? undefined : ownerOf(values);
if (owner) {
  const sessions = await join(owner, Number(values.people));
  const server = await PeopleServer.start(sessions, owner.gateways, { host: values.host, port: Number(values.port) });
  console.log(`${sessions.length} people are at ${server.url}`);
  const end = (): void => {
    for (const session of sessions) session.close();
    void server.close();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
} else {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
}

interface Owner {
  gateways: readonly string[];
  organization: string;
  email: string;
  password: string;
}

function ownerOf({ gateways, organization, email }: Partial<Record<keyof Owner, string>>): Owner | undefined {
  const { PASSWORD: password } = process.env;
  if (gateways && organization && email && password)
    return { gateways: gateways.split(','), organization, email, password };
  if (gateways || organization || email) return undefined;
  const local = readPeople();
  if (!local) return undefined;
  const [alice] = local.people;
  return { gateways: local.gateways, organization: local.organization, email: alice.email, password: alice.password };
}

async function join({ gateways, ...owner }: Owner, count: number): Promise<RelaisSession[]> {
  const api = new RelaisApi({ gateways, timeoutMs: 30_000 });
  const sessions = [await RelaisSession.login(api, owner, device(), DeviceKey.generate())];
  const run = randomBytes(4).toString('hex');
  let next = 1;
  const work = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) {
      const { invitationToken } = await (sessions[0] as RelaisSession).call(ROUTES.invite, {});
      const account = {
        ...{ email: `load-${run}-${number}@load.example`, displayName: `load ${number}` },
        password: randomBytes(18).toString('base64url'),
      };
      const accept = () =>
        RelaisSession.acceptInvitation(api, { invitationToken, ...account }, device(), DeviceKey.generate());
      sessions.push(await patiently(accept));
      if (sessions.length % TOLD_EVERY === 0) console.log(`${sessions.length} of ${count} people`);
    }
  };
  await Promise.all(Array.from({ length: JOINING }, work));
  return sessions;
}

/** Again, when the gateways say that it may be: all of them come from one address. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError) || error.kind !== 'rate_limited') throw error;
      await pause(error.retryAfterMs ?? 1_000);
    }
  }
}
