import { dirname, join } from 'node:path';
import { RelaisApi } from '../http/relais-api.js';
import { RelaisSession } from '../session/relais-session.js';
import { tellFailure } from '../tell-failure.js';
import { openDevice } from './device-file.js';
import { USAGE, readOptions } from './options.js';
import { findPerson } from './person.js';
import { Screen } from './screen.js';
import { Talk } from './talk.js';

async function main(args: string[]): Promise<boolean> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return true;
  }
  const person = await findPerson(options);
  const { name, email, password, organization, gateways } = person;
  const file = join(dirname(options.peopleFile), 'devices', `${encodeURIComponent(name.toLowerCase())}.json`);
  const { id, key } = await openDevice(file);
  const device = { id, name: 'relais-chat', platform: 'desktop' as const };
  const session = await RelaisSession.login(
    new RelaisApi({ gateways }),
    { organization, email, password: await password() },
    device,
    key,
  );
  try {
    const talk = await Talk.open(session, options, person.counterpart, new Screen());
    return await talk.run();
  } finally {
    // Leaving matters more than telling: the session idles out by itself.
    await session.logout().catch(() => undefined);
  }
}

try {
  if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
} catch (thrown) {
  tellFailure('relais-chat', thrown);
}
