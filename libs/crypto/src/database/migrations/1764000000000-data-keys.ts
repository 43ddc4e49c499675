import { protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The keystore: one living data key per organization, scope, retention class and month, wrapped. What is destroyed stays
 * as an id without material, so that a reader can tell it from a row that was tampered with.
 */
export class DataKeys1764000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE data_key (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        scope_kind      text        NOT NULL,
        scope_id        uuid        NOT NULL,
        retention_class text        NOT NULL,
        period          date        NOT NULL,
        kek_version     integer     NOT NULL,
        wrapped         bytea,
        state           text        NOT NULL DEFAULT 'active',
        created_at      timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT data_key_pkey PRIMARY KEY (organization_id, id),
        CONSTRAINT data_key_scope_kind_check CHECK (scope_kind ~ '^[a-z][a-z0-9_]{0,39}$'),
        CONSTRAINT data_key_retention_class_check CHECK (retention_class ~ '^[a-z][a-z0-9_]{0,39}$'),
        CONSTRAINT data_key_period_check CHECK (extract(day FROM period) = 1),
        CONSTRAINT data_key_kek_version_check CHECK (kek_version > 0),
        CONSTRAINT data_key_state_check CHECK (
          (state = 'active' AND wrapped IS NOT NULL) OR (state = 'destroyed' AND wrapped IS NULL)
        )
      );

      -- Whoever creates the key of a slot at the same time converges on one; a destroyed key frees its slot.
      CREATE UNIQUE INDEX data_key_slot_key
        ON data_key (organization_id, scope_kind, scope_id, retention_class, period) WHERE state = 'active';
      CREATE INDEX data_key_kek_version_idx ON data_key (organization_id, kek_version, id) WHERE state = 'active';

      ${protect('data_key')}

      -- Which organizations there are: a KEK rotation walks through them one by one, each within its own row-level
      -- security, so the policy above needs no exception. Ids only, hence no policy of its own.
      CREATE TABLE key_organization (
        organization_id uuid        NOT NULL CONSTRAINT key_organization_pkey PRIMARY KEY,
        created_at      timestamptz NOT NULL DEFAULT now()
      );
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE data_key, key_organization');
  }
}
