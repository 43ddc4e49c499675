import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ChatOptions } from './options.js';
import { askSecret, secretFromEnvironment } from './ask-secret.js';

/** What `npm run up` writes about its organization. */
const peopleFile = z.object({
  gateways: z.array(z.url({ protocol: /^https?$/ })).min(1),
  organization: z.string(),
  people: z.array(z.object({ name: z.string(), email: z.string(), password: z.string() })),
});

export interface Person {
  /** Names the device file, and the person until the server has said how they are called. */
  name: string;
  /** Names the files of their session: another one for each organization and installation. */
  keptAs: string;
  gateways: string[];
  organization: string;
  email: string;
  /** Asked for when it is needed, where no file says it: going on with a session needs none. */
  password: () => Promise<string>;
  /** Whom they talk to when they do not say. */
  counterpart: string | undefined;
}

/** How a command line says who somebody is. */
export type Who = Pick<ChatOptions, 'name' | 'peopleFile' | 'email' | 'gateway' | 'organization'>;

/** The person the command line means: one of the people file, or somebody whose password is in RELAIS_PASSWORD or asked. */
export async function findPerson(options: Who): Promise<Person> {
  const { email, gateway, organization } = options;
  if (email && gateway && organization) {
    let asked: Promise<string> | undefined;
    const given = secretFromEnvironment('RELAIS_PASSWORD');
    const password = async () => given ?? (asked ??= askSecret(`Password of ${email}: `));
    const keptAs = keptName({ gateway, organization, email });
    return { name: email, keptAs, gateways: [gateway], organization, email, password, counterpart: undefined };
  }
  const { people, ...place } = await readPeople(options.peopleFile);
  const person = people.find(({ name }) => sameName(name, options.name ?? ''));
  if (!person) throw new Error(`no ${options.name} among ${people.map(({ name }) => name).join(', ')}`);
  const gateways = gateway ? [gateway] : place.gateways;
  const counterpart = people.find(({ name }) => name !== person.name)?.name;
  const password = () => Promise.resolve(person.password);
  return { ...place, ...person, keptAs: person.name, password, gateways, counterpart };
}

export const keptName = (who: { gateway: string; organization: string; email: string }): string =>
  `${who.email} ${who.organization} ${new URL(who.gateway).host}`;

export const sameName = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

async function readPeople(path: string): Promise<z.infer<typeof peopleFile>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`cannot read ${path}: run npm run up, or give --gateway, --organization and --email`, { cause });
  });
  return peopleFile.parse(JSON.parse(text));
}
