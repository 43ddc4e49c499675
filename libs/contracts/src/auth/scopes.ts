import { z } from 'zod';

/**
 * What a bot may be allowed to ask for. Each contract names the scopes that let a bot in (`bots`); one that names none is
 * closed to bots.
 */
export const scope = z.enum([
  /** Read conversations the bot is in, and hear them live. */
  'messages:read',
  /** Write to conversations the bot is in. */
  'messages:write',
  /** Make conversations with, and add to them, people who may see the bot. */
  'conversations:write',
  /** Read ids and names of people who may see the bot. */
  'people:read',
  /** Raise alarms within the permissions of its audience, and end what it raised. */
  'alarms:write',
  /** Keep sources of alarms of its own, which reach people by escalation policies alone. */
  'alarm-sources:write',
  /** Say how many people the organization may have. */
  'people-quota:write',
  /** Say how long what is said is kept, and how long one of its keys is used. */
  'message-keeping:write',
  /** Keep identity providers and directories of its own, which bring in members and say nothing of roles, pools and second factors. */
  'identity-sources:write',
  /** Invite administrators, each by their address, and take back what it made of that itself. An owner gives it. */
  'administrators:invite',
]);
export type Scope = z.infer<typeof scope>;
