import { join } from 'node:path';
import type { Who } from './person.js';

/** How a command line says as whom a program works: one of the people file, or who signs in at a gateway. */
export const WHO_OPTIONS = {
  as: { type: 'string', default: 'alice' },
  people: { type: 'string', default: join('.devstack', 'default', 'people.json') },
  gateway: { type: 'string' },
  organization: { type: 'string' },
  email: { type: 'string' },
} as const;

interface Said {
  as: string;
  people: string;
  gateway?: string | undefined;
  organization?: string | undefined;
  email?: string | undefined;
}

export const whoOf = ({ as: name, people: peopleFile, gateway, organization, email }: Said): Who => ({
  ...{ name, peopleFile, gateway, organization, email },
});
