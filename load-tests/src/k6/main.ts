import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ROUTES } from '@relais/contracts';
import { type DeviceId, newId } from '@relais/kernel';
import { DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';
import { PeopleServer } from './people-server.js';

const HELP = `node load-tests/dist/k6/main.js --gateways http://127.0.0.1:8080 --organization acme --email owner@acme.example
Invites people into an organization that is for load tests, and hands their sessions to k6. PASSWORD is the owner's.
  --people N     how many (100)
  --port N       where k6 finds them (6060)
  --host H       on which address it listens (127.0.0.1)`;
const JOINING = 4;

const { values } = parseArgs({
  options: {
    ...{ gateways: { type: 'string' }, organization: { type: 'string' }, email: { type: 'string' } },
    ...{ people: { type: 'string', default: '100' }, port: { type: 'string', default: '6060' } },
    ...{ host: { type: 'string', default: '127.0.0.1' }, help: { type: 'boolean', default: false } },
  },
});
const { gateways: addresses, organization, email, help } = values;
const password = process.env.PASSWORD;
if (help || !addresses || !organization || !email || !password) {
  console.log(HELP);
  process.exitCode = help ? 0 : 2;
} else {
  const gateways = addresses.split(',');
  const sessions = await join({ gateways, organization, email, password }, Number(values.people));
  const server = await PeopleServer.start(sessions, gateways, { host: values.host, port: Number(values.port) });
  console.log(`${sessions.length} people are at ${server.url}`);
  const end = (): void => {
    for (const session of sessions) session.close();
    void server.close();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
}

interface Owner {
  gateways: readonly string[];
  organization: string;
  email: string;
  password: string;
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
      sessions.push(
        await RelaisSession.acceptInvitation(api, { invitationToken, ...account }, device(), DeviceKey.generate()),
      );
    }
  };
  await Promise.all(Array.from({ length: JOINING }, work));
  return sessions;
}

const device = () => ({ id: newId<DeviceId>(), name: 'load test', platform: 'server' as const });
