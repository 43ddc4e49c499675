import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who else vouches for people, and what pools and roles they have from there. */
export class IdentityProviders1764000000505 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE identity_provider (
        organization_id uuid        NOT NULL REFERENCES organization (organization_id),
        id              uuid        NOT NULL,
        settings_sealed bytea       NOT NULL,
        vouched_by      text        NOT NULL,
        created_at      timestamptz NOT NULL,
        CONSTRAINT identity_provider_pkey PRIMARY KEY (organization_id, id)
      );

      -- Pools and roles are not referred to: a gift may outlive them, and is then worth nothing.
      CREATE TABLE identity_provider_grant (
        organization_id uuid NOT NULL,
        provider_id     uuid NOT NULL,
        user_id         uuid NOT NULL,
        kind            text NOT NULL CONSTRAINT identity_provider_grant_kind_check CHECK (kind IN ('pool', 'role', 'admin')),
        target_id       uuid,
        pool_id         uuid,
        CONSTRAINT identity_provider_grant_key UNIQUE NULLS NOT DISTINCT
          (organization_id, user_id, provider_id, kind, target_id, pool_id),
        CONSTRAINT identity_provider_grant_provider_fkey FOREIGN KEY (organization_id, provider_id)
          REFERENCES identity_provider (organization_id, id) ON DELETE CASCADE,
        CONSTRAINT identity_provider_grant_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE
      );
    `);
    for (const table of ['identity_provider', 'identity_provider_grant']) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE identity_provider_grant, identity_provider');
  }
}

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const provider = (purpose: string) => ['M1', purpose, 'identity provider'] as const;
const grant = (purpose: string) => ['M1', purpose, 'person in the organization'] as const;

const CLASSIFICATION: Classification = {
  identity_provider: {
    organization_id: ORGANIZATION,
    id: provider('identity'),
    settings_sealed: ['M2', 'signing in with it, its secret included', 'identity provider'],
    vouched_by: provider('whom it may connect with'),
    created_at: provider('order'),
  },
  identity_provider_grant: {
    organization_id: ORGANIZATION,
    provider_id: grant('who gave it'),
    user_id: grant('to whom'),
    kind: grant('what it is'),
    target_id: grant('which role'),
    pool_id: grant('which pool, or for which'),
  },
};
