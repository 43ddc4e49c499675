import { conversationId as conversationIdSchema } from '@relais/contracts';
import type { ConversationId } from '@relais/kernel';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `relais-chat: talk to somebody from a terminal

  relais-chat NAME                      as a person of the people file, with the other one
  relais-chat --gateway URL --organization HANDLE --email EMAIL --with NAME
                                        as anybody else; asks for the password

  --with NAME            whom to talk to
  --conversation ID      any conversation you are in, instead of a person
  --people FILE          default .devstack/default/people.json, which npm run up writes
  --once                 send the lines of the input, wait for each to be committed, end
  --follow-seconds N     end after N seconds, even while the input is open
  --help

While talking: /quit or Ctrl-D ends. A line is marked ✓ when it is committed.
Alarms are shown as they come; /answer coming (or another answer that is offered) answers the last.
`;

export interface ChatOptions {
  name: string | undefined;
  peopleFile: string;
  gateway: string | undefined;
  organization: string | undefined;
  email: string | undefined;
  with: string | undefined;
  conversationId: ConversationId | undefined;
  once: boolean;
  followSeconds: number | undefined;
  help: boolean;
}

/** @throws Error that says what is wrong with the command line */
export function readOptions(args: string[]): ChatOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      with: { type: 'string' },
      conversation: { type: 'string' },
      people: { type: 'string', default: join('.devstack', 'default', 'people.json') },
      gateway: { type: 'string' },
      organization: { type: 'string' },
      email: { type: 'string' },
      once: { type: 'boolean', default: false },
      'follow-seconds': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { people, conversation, 'follow-seconds': follow, ...rest } = values;
  if (positionals.length > 1) throw new Error(`one name is enough: ${positionals.join(' ')}`);
  if (positionals.length === 0 && !rest.email && !rest.help) throw new Error('who are you? give a name, or --email');
  if (rest.email && (!rest.gateway || !rest.organization))
    throw new Error('--email needs --gateway and --organization');
  return {
    gateway: rest.gateway,
    organization: rest.organization,
    email: rest.email,
    with: rest.with,
    once: rest.once,
    help: rest.help,
    name: positionals[0],
    peopleFile: people,
    conversationId: conversation === undefined ? undefined : idOf(conversation),
    followSeconds: follow === undefined ? undefined : secondsOf(follow),
  };
}

function idOf(text: string): ConversationId {
  const parsed = conversationIdSchema.safeParse(text);
  if (!parsed.success) throw new Error(`not a conversation's id: ${text}`);
  return parsed.data;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) throw new Error(`not a number of seconds up to a day: ${text}`);
  return seconds;
}
