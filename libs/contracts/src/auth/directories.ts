import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { id, label, nothing, pageOf, pageRequest, poolId, timestamp, userId } from '../primitives.js';

const directoryId = id();
const runId = id();
const dn = z.string().max(1_024);
const filter = z.string().max(2_048);
const attribute = z.string().regex(/^[A-Za-z][\w;-]{0,63}$/);

/** Enough of a number to know it again, and not enough to use it. */
const maskedPhone = z.string();

/** How an LDAP server or Active Directory is read. */
export const directorySettings = z.strictObject({
  name: label(LIMITS.titleBytes),
  /** Tried in this order. */
  urls: z
    .array(z.url({ protocol: /^ldaps?$/ }).max(512))
    .min(1)
    .max(5),
  /** Turns `ldap://` into TLS before anything is sent. Without it only `ldaps://` and loopback are taken. */
  startTls: z.boolean().default(false),
  /** The certificate authority, PEM; without it those the system trusts. */
  caPem: z.string().max(65_536).optional(),
  bindDn: dn.default(''),
  /** Kept as it is when it is not given again, for the same servers and the same name. */
  bindPassword: z.string().max(1_024).optional(),
  people: z.strictObject({
    base: dn,
    filter: filter.default('(objectClass=person)'),
    /** Never changes for a person, unlike names: entryUUID, or objectGUID in Active Directory. */
    externalId: attribute.default('entryUUID'),
    email: attribute.default('mail'),
    displayName: attribute.default('cn'),
    /** Tried in this order, such as mobile and telephoneNumber: the first that is a number people can be called at from anywhere. */
    phone: z.array(attribute).max(5).default([]),
  }),
  groups: z
    .strictObject({
      base: dn,
      filter: filter.default('(|(objectClass=groupOfNames)(objectClass=group))'),
      member: attribute.default('member'),
      /** Who is in the group, directly or through other groups, is put into the pool, and gets the role. */
      mappings: z
        .array(z.strictObject({ group: dn, poolId: poolId.optional(), role: z.enum(['member', 'admin']).optional() }))
        .max(500),
      /**
       * What a run does that would make somebody more than a member, or let somebody in again who is: `ask` waits for an approval.
       * With `apply` whoever may write those groups in the directory makes administrators here.
       */
      raisesRoles: z.enum(['ask', 'apply']).default('ask'),
    })
    .optional(),
  pageSize: z.int().min(10).max(1_000).default(500),
  /** People sign in with the password of the directory; the last right one works while the directory is away. */
  passwordLogin: z.boolean().default(false),
  /** Minutes between runs; without it only by hand. */
  everyMinutes: z.int().min(5).max(10_080).optional(),
  brake: z
    .strictObject({
      percent: z.int().min(0).max(100).default(10),
      people: z.int().min(0).max(100_000).default(50),
    })
    .prefault({}),
  /** Never put out by a run. A bot cannot say whom: they stay as people have said. */
  protectedUserIds: z.array(userId).max(1_000).default([]),
  /** One that is switched off is asked nothing; its people stay as they are. */
  enabled: z.boolean().default(true),
});
export type DirectorySettings = z.output<typeof directorySettings>;

export const directoryRunState = z.enum([
  'reading',
  'planned',
  'stopped',
  'applying',
  'applied',
  'failed',
  'discarded',
  'undone',
]);

export const directoryRun = z.object({
  id: runId,
  directoryId,
  state: directoryRunState,
  startedAt: timestamp,
  finishedAt: timestamp.optional(),
  /** Whether everybody was read; runs on schedule read only who has changed where the server counts its changes. */
  isWhole: z.boolean(),
  /** People that were read; how many changes are planned of each kind; how many are applied. */
  seen: z.int(),
  creates: z.int(),
  updates: z.int(),
  disables: z.int(),
  enables: z.int(),
  /** Of those, how many make somebody more than a member, or let somebody in again who is. */
  raises: z.int(),
  applied: z.int(),
  problems: z.int(),
  /** Why it stopped or failed; of one that stopped also the first of those whom it would make more than members. */
  says: z.string().optional(),
});
export type DirectoryRun = z.infer<typeof directoryRun>;

const directory = z.object({
  id: directoryId,
  settings: directorySettings.omit({ bindPassword: true }),
  people: z.int(),
  nextRunAt: timestamp.optional(),
  /** Who made it, a person or a bot; of those from before this was kept nobody knows. */
  madeBy: userId.optional(),
  /** Why it stopped or failed says `readDirectoryRun`. */
  lastRun: directoryRun.omit({ directoryId: true, says: true }).optional(),
});
export type Directory = z.infer<typeof directory>;

export const MAX_DIRECTORIES_OF_BOTS = 20;

/**
 * One that a bot makes brings in members and gives nothing: no pools and roles, no passwords that are asked there; it is read once an
 * hour at most, puts out at most as many as the brake allows where nothing is said, and changes nobody who is more than a member.
 */
export const putDirectory = defineRequest({
  subject: 'rpc.auth.directory.put.v1',
  access: 'user',
  bots: ['identity-sources:write'],
  input: z.strictObject({ directoryId, settings: directorySettings }),
  output: directory,
  errors: {
    pool_not_found: 'not_found',
    directory_unsafe: 'invalid',
    /** To a bot, of what it did not make itself. */
    directory_id_taken: 'conflict',
    too_many_directories: 'conflict',
  },
});

/** All there are; to a bot, those that it made itself. */
export const listDirectories = defineRequest({
  subject: 'rpc.auth.directory.list.v1',
  access: 'user',
  bots: ['identity-sources:write'],
  input: z.strictObject({}),
  output: z.object({ items: z.array(directory) }),
  errors: {},
});

/** Forgets the directory. Its people stay as they are and are from then on the organization's own. */
export const deleteDirectory = defineRequest({
  subject: 'rpc.auth.directory.delete.v1',
  access: 'user',
  input: z.strictObject({ directoryId }),
  output: nothing,
  errors: { directory_not_found: 'not_found' },
});

/** Tries each part in turn and says in words what is wrong with the first that fails. Changes nothing. */
export const testDirectory = defineRequest({
  subject: 'rpc.auth.directory.test.v1',
  access: 'user',
  timeoutMs: 20_000,
  input: z.strictObject({ directoryId }),
  output: z.object({
    steps: z.array(
      z.object({ step: z.enum(['connect', 'bind', 'people', 'groups']), isOk: z.boolean(), says: z.string() }),
    ),
    samples: z.array(
      z.object({ email: z.string(), displayName: z.string(), isActive: z.boolean(), phone: maskedPhone.optional() }),
    ),
  }),
  errors: { directory_not_found: 'not_found' },
});

/**
 * Reads the directory and plans what to change; applies the plan at once unless it is a dry run or the brake stops it.
 * Answers when the run has begun: read it to see how far it is.
 */
export const startDirectoryRun = defineRequest({
  subject: 'rpc.auth.directory.run.v1',
  access: 'user',
  input: z.strictObject({ directoryId, dryRun: z.boolean().default(false) }),
  output: directoryRun,
  errors: { directory_not_found: 'not_found', directory_busy: 'conflict' },
});

export const readDirectoryRun = defineRequest({
  subject: 'rpc.auth.directory.read-run.v1',
  access: 'user',
  input: z.strictObject({ runId }),
  output: directoryRun,
  errors: { run_not_found: 'not_found' },
});

export const listDirectoryRuns = defineRequest({
  subject: 'rpc.auth.directory.list-runs.v1',
  access: 'user',
  input: z.strictObject({ directoryId }),
  output: z.object({ items: z.array(directoryRun) }),
  errors: {},
});

export const directoryChange = z.object({
  position: z.int(),
  kind: z.enum(['create', 'update', 'disable', 'enable']),
  userId: userId.optional(),
  email: z.string(),
  displayName: z.string(),
  phone: maskedPhone.optional(),
  poolIds: z.array(poolId),
  role: z.string(),
  /** What the person is, or was before the run was applied; not of who is made by it. */
  before: z
    .object({
      email: z.string(),
      displayName: z.string(),
      phone: maskedPhone.optional(),
      poolIds: z.array(poolId),
      role: z.string(),
      state: z.string(),
    })
    .optional(),
  /** Whether it makes the person more than a member, or lets them in again as such. */
  raisesRole: z.boolean(),
  isApplied: z.boolean(),
  /** Why it was not applied; `phone_invalid` only that what the directory has for a number is none, and the rest is applied. */
  problem: z.string().optional(),
});
export type DirectoryChange = z.infer<typeof directoryChange>;

/** What a run plans, or has done, person by person. Forgotten with a person who is removed, and for everybody after 30 days. */
export const listDirectoryChanges = defineRequest({
  subject: 'rpc.auth.directory.list-changes.v1',
  access: 'user',
  input: z.strictObject({ runId, ...pageRequest }),
  output: pageOf(directoryChange),
  errors: { run_not_found: 'not_found' },
});

/** Applies a plan that was only to be looked at, or that the brake stopped. One that raises roles takes `manage_roles` besides. */
export const approveDirectoryRun = defineRequest({
  subject: 'rpc.auth.directory.approve.v1',
  access: 'user',
  input: z.strictObject({ runId }),
  output: directoryRun,
  errors: { run_not_found: 'not_found', run_state_conflict: 'conflict', directory_busy: 'conflict' },
});

/** Takes back what a run of the last seven days did to people whom nobody has changed since. */
export const undoDirectoryRun = defineRequest({
  subject: 'rpc.auth.directory.undo.v1',
  access: 'user',
  timeoutMs: 60_000,
  input: z.strictObject({ runId }),
  output: z.object({ undone: z.int(), skipped: z.int() }),
  errors: { run_not_found: 'not_found', run_state_conflict: 'conflict' },
});
