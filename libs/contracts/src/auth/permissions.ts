import { z } from 'zod';

/** Everything that one may be allowed to do beyond using the messenger. Roles are sets of these. */
export const permission = z.enum([
  /** Invite people, to no role above the own. */
  'invite',
  /** See roles, states and pools of people. */
  'see_details',
  /** Change, disable and remove people; start the reset of a password or factor. */
  'manage_users',
  /** Make pools and put people into them; with that, move people into the pools of one's other delegations. */
  'manage_pools',
  /** Give roles, and make roles of one's own permissions. */
  'manage_roles',
  /** See, approve, suspend and remove devices of others; make enrolment tokens. */
  'manage_devices',
  /** Order a remote wipe. */
  'wipe_devices',
  /**
   * Say which factors are needed, what apps may do, who and how many may register, who may meet whom, and how long messages are
   * kept.
   */
  'manage_policies',
  /** Connect directories, run and undo their synchronisation; SCIM clients; imports. */
  'manage_directories',
  /** Connect identity providers. */
  'manage_identity_providers',
  /** Issue break-glass credentials and switch outage mode. */
  'manage_break_glass',
  /** Make bots, grant them scopes and change their keys. */
  'manage_bots',
  /** Raise alarms, and end and report on those of others. */
  'raise_alarms',
  /** Say who is told next: escalation policies, rosters, sources of alarms and ways to reach people. */
  'manage_alarms',
]);
export type Permission = z.infer<typeof permission>;
