import { z } from 'zod';
import { defineRequest } from '../define.js';
import { organizationId, userId } from '../primitives.js';

/** A circle on the ground. */
export const area = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  radiusMetres: z.int().min(10).max(500_000),
});
export type Area = z.output<typeof area>;

/** Whoever shows where they are and is within an area now, as presence knows it. Nobody answers where there is no presence. */
export const findPeopleNear = defineRequest({
  subject: 'rpc.presence.people.near.v1',
  access: 'service',
  input: z.strictObject({ organizationId, area }),
  output: z.object({ userIds: z.array(userId).max(5_000) }),
  errors: {},
});
