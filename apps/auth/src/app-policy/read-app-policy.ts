import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type AppPolicy, readEffectiveAppPolicy, readMyAppPolicy } from '@relais/contracts';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { actorOf, actorWith } from '../permissions/actor.postgres.js';
import { isPersonWithDevice, readLayers } from './app-policy-rows.postgres.js';
import { mergePolicy } from './merge.js';

type Whose = z.output<typeof readEffectiveAppPolicy.input>;

/** The merged document of a device: one's own, or for administrators anybody's. */
@Injectable()
export class ReadAppPolicyHandler {
  constructor(private readonly db: Database) {}

  @Serves(readMyAppPolicy)
  mine(_: unknown, { principal }: RequestContext): Promise<AppPolicy> {
    const { organizationId, userId, deviceId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await actorOf(tx, principal);
      return mergePolicy(await readLayers(tx, organizationId, { userId, deviceId }));
    });
  }

  @Serves(readEffectiveAppPolicy)
  effective(whose: Whose, { principal }: RequestContext): Promise<AppPolicy> {
    const { organizationId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_policies');
      if (!(await isPersonWithDevice(tx, organizationId, whose)))
        throw readEffectiveAppPolicy.fail('policy_subject_not_found');
      return mergePolicy(await readLayers(tx, organizationId, { deviceId: undefined, ...whose }));
    });
  }
}
