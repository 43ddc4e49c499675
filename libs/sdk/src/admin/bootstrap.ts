import { ROUTES } from '@relais/contracts';
import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { ApiError } from '../api-error.js';
import { askSecret, secretFromEnvironment } from '../chat/ask-secret.js';
import { openDevice } from '../chat/device-file.js';
import { keptName } from '../chat/person.js';
import { RelaisApi } from '../http/relais-api.js';
import { RelaisSession } from '../session/relais-session.js';
import type { AdminValues } from './admin-options.js';
import { deviceNamed, filesOf } from './sign-in.js';

const { organization, owner } = ROUTES.bootstrap.contract.input.shape;

const founding = z.object({
  gateway: z.url({ protocol: /^https?$/ }),
  organization: organization.shape.handle,
  name: organization.shape.name,
  owner: owner.shape.displayName,
  email: owner.shape.email,
});

/** What the first organization is to be. @throws Error that says what is missing or wrong, option by option */
export function readFounding(values: AdminValues): z.infer<typeof founding> {
  const read = founding.safeParse(values);
  if (read.success) return read.data;
  throw new Error(
    `bootstrap needs --gateway, --organization, --name, --owner and --email:\n${z.prettifyError(read.error)}`,
  );
}

/**
 * Makes the first organization of an installation and keeps the session of its owner, with which other commands go on.
 * Neither the token nor the password is ever an argument, which other users of the machine and the history of the shell see.
 */
export async function bootstrap(values: AdminValues, given: string | undefined): Promise<string> {
  const { gateway, organization, name, owner, email } = readFounding(values);
  const bootstrapToken = await tokenFrom(given);
  const password = secretFromEnvironment('RELAIS_PASSWORD') ?? (await askNewPassword(email));
  const files = filesOf(values.people, { keptAs: keptName({ gateway, organization, email }) });
  const { id, key } = await openDevice(files.device);
  const session = await RelaisSession.bootstrap(
    new RelaisApi({ gateways: [gateway], timeoutMs: 30_000 }),
    { bootstrapToken, organization: { handle: organization, name }, owner: { email, displayName: owner, password } },
    deviceNamed(id),
    key,
  ).catch((thrown: unknown) => {
    throw explained(thrown);
  });
  session.close();
  await writeFile(files.session, JSON.stringify(session.tokens), { mode: 0o600 });
  return `${organization} is there, ${session.tokens.organizationId}, and ${email} is signed in as its owner. Go on with
  relais-admin --gateway ${gateway} --organization ${organization} --email ${email} me
`;
}

/** From a file (`@FILE`), the standard input (`-`), the environment, or the terminal. */
async function tokenFrom(given: string | undefined): Promise<string> {
  if (given === '-') return (await text(process.stdin)).trim();
  if (given?.startsWith('@')) return (await readFile(given.slice(1), 'utf8')).trim();
  if (given !== undefined) throw new Error('the token is never an argument: BOOTSTRAP_TOKEN, @FILE or - say it');
  return secretFromEnvironment('BOOTSTRAP_TOKEN') ?? askSecret('Token of the first organization: ', 'BOOTSTRAP_TOKEN');
}

/** Twice, because nobody is there yet who could give the owner another one. */
async function askNewPassword(email: string): Promise<string> {
  const password = await askSecret(`New password of ${email}: `);
  if ((await askSecret('Once more: ')) !== password) throw new Error('these were two different passwords');
  return password;
}

/** Nothing has an answer where the first one was lost on its way: the organization may be there. */
function explained(thrown: unknown): unknown {
  const { code, kind, message } = ApiError.from(thrown);
  if (code === 'bootstrap_refused')
    return new Error(
      'bootstrap_refused: this token has made an organization already, whose owner signs in with --email; or it is not what auth has as BOOTSTRAP_TOKEN',
      { cause: thrown },
    );
  if (kind !== 'timeout' && code !== 'network_error') return thrown;
  return new Error(`${code} (${message}); it can be said again, as a token makes one organization only`, {
    cause: thrown,
  });
}
