import { parseArgs } from 'node:util';
import { WHO_OPTIONS } from '../chat/who-options.js';

export const USAGE = `relais-admin: any operation of the API, from a terminal

  relais-admin [--as NAME] OPERATION [JSON | @FILE | -]   as a person of the people file; alice is its owner
  relais-admin --gateway URL --organization HANDLE --email EMAIL OPERATION [JSON]
  relais-admin bootstrap --gateway URL --organization HANDLE --name NAME --owner NAME --email EMAIL [@FILE | -]
                                                           the first organization and its owner, who is signed in; the
                                                           token is in BOOTSTRAP_TOKEN, the file, or the input
  relais-admin describe OPERATION                          what it takes and how it fails
  relais-admin list                                        every operation
  relais-admin import-people FILE [--apply]                people from a CSV list of any length; only looks without --apply

  --people FILE   default .devstack/default/people.json, which npm run up writes

The session is kept beside the people file and gone on with; the password is asked for when there is none, or is in
RELAIS_PASSWORD. Where an operation asks to show once more who you are,
you are asked for it.
`;

const options = {
  ...WHO_OPTIONS,
  name: { type: 'string' },
  owner: { type: 'string' },
  apply: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** @throws Error that says what is wrong with the command line */
export const readAdminOptions = (args: string[]) => parseArgs({ args, allowPositionals: true, options });

export type AdminValues = ReturnType<typeof readAdminOptions>['values'];
