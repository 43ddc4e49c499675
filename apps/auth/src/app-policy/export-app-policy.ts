import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { exportAppPolicy } from '@relais/contracts';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { androidBundle, androidRestrictions, type AppConfigFile, iosPlist, iosSpecification } from './app-config.js';
import { findLayer } from './app-policy-rows.postgres.js';
import { mergePolicy } from './merge.js';

/** The organization's policy as a device management system takes it, so that an app obeys it before its first login. */
@Injectable()
export class ExportAppPolicyHandler {
  constructor(private readonly db: Database) {}

  @Serves(exportAppPolicy)
  async execute(
    { format, appId }: z.output<typeof exportAppPolicy.input>,
    { principal }: RequestContext,
  ): Promise<AppConfigFile> {
    const { organizationId } = principal;
    const organization = await this.db.within(organizationId, async (tx) => {
      await actorWith(tx, principal, 'manage_policies');
      return findLayer(tx, organizationId, { layer: 'organization', subjectId: organizationId });
    });
    const policy = mergePolicy({ organization: organization?.settings ?? {}, pools: [], device: {} });
    switch (format) {
      case 'ios_plist':
        return iosPlist(policy);
      case 'ios_specification':
        return iosSpecification(policy, appId);
      case 'android_bundle':
        return androidBundle(policy, appId);
      case 'android_restrictions':
        return androidRestrictions(policy);
    }
  }
}
