import { z } from 'zod';
import { defineRequest } from '../define.js';
import { LIMITS } from '../limits.js';
import { label, nothing, organizationId, poolId, timestamp, userId } from '../primitives.js';

export const pool = z.object({
  id: poolId,
  name: z.string(),
  isDefault: z.boolean(),
  users: z.int(),
  createdAt: timestamp,
});
export type Pool = z.infer<typeof pool>;

const name = label(LIMITS.titleBytes);

export const createPool = defineRequest({
  subject: 'rpc.auth.pool.create.v1',
  access: 'user',
  input: z.strictObject({ id: poolId, name }),
  output: pool,
  errors: { pool_id_reused: 'conflict' },
});

export const listPools = defineRequest({
  subject: 'rpc.auth.pool.list.v1',
  access: 'user',
  input: z.strictObject({}),
  output: z.object({ items: z.array(pool) }),
  errors: {},
});

export const renamePool = defineRequest({
  subject: 'rpc.auth.pool.rename.v1',
  access: 'user',
  input: z.strictObject({ poolId, name }),
  output: pool,
  errors: { pool_not_found: 'not_found' },
});

export const addPoolUser = defineRequest({
  subject: 'rpc.auth.pool.add-user.v1',
  access: 'user',
  input: z.strictObject({ poolId, userId }),
  output: nothing,
  errors: { pool_not_found: 'not_found', user_not_found: 'not_found' },
});

/** Everybody is in at least one pool: taking a person out of their last one is refused. */
export const removePoolUser = defineRequest({
  subject: 'rpc.auth.pool.remove-user.v1',
  access: 'user',
  input: z.strictObject({ poolId, userId }),
  output: nothing,
  errors: { pool_not_found: 'not_found', user_not_found: 'not_found', last_pool: 'conflict' },
});

/** Which of these pools a person is in; none for who is not active. */
export const readPoolsOf = defineRequest({
  subject: 'rpc.auth.pool.read-of.v1',
  access: 'service',
  input: z.strictObject({ organizationId, userId, poolIds: z.array(poolId).max(2_000) }),
  output: z.object({ poolIds: z.array(poolId) }),
  errors: {},
});

/** Every pool of an organization. */
export const listPoolIds = defineRequest({
  subject: 'rpc.auth.pool.list-ids.v1',
  access: 'service',
  input: z.strictObject({ organizationId }),
  output: z.object({ poolIds: z.array(poolId) }),
  errors: {},
});
