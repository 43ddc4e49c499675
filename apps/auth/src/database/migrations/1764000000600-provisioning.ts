import { describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** SCIM clients, what they keep here, and whom they put out lately. */
export class Provisioning1764000000600 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE provisioning_client (
        organization_id  uuid        NOT NULL REFERENCES organization (organization_id),
        id               uuid        NOT NULL,
        settings_sealed  bytea       NOT NULL,
        secret_hash      bytea       NOT NULL,
        old_secret_hash  bytea,
        old_secret_until timestamptz,
        created_at       timestamptz NOT NULL,
        CONSTRAINT provisioning_client_pkey PRIMARY KEY (organization_id, id)
      );

      CREATE TABLE scim_resource (
        organization_id uuid        NOT NULL,
        client_id       uuid        NOT NULL,
        kind            text        NOT NULL CONSTRAINT scim_resource_kind_check CHECK (kind IN ('User', 'Group')),
        id              uuid        NOT NULL,
        user_id         uuid        GENERATED ALWAYS AS (CASE WHEN kind = 'User' THEN id END) STORED,
        pool_id         uuid        GENERATED ALWAYS AS (CASE WHEN kind = 'Group' THEN id END) STORED,
        name_index      bytea       NOT NULL,
        external_index  bytea,
        document_sealed bytea       NOT NULL,
        is_put_out      boolean     NOT NULL DEFAULT false,
        version         integer     NOT NULL DEFAULT 1,
        created_at      timestamptz NOT NULL,
        changed_at      timestamptz NOT NULL,
        CONSTRAINT scim_resource_pkey PRIMARY KEY (organization_id, client_id, kind, id),
        CONSTRAINT scim_resource_name_key UNIQUE (organization_id, client_id, kind, name_index),
        CONSTRAINT scim_resource_client_fkey FOREIGN KEY (organization_id, client_id)
          REFERENCES provisioning_client (organization_id, id) ON DELETE CASCADE,
        CONSTRAINT scim_resource_user_fkey FOREIGN KEY (organization_id, user_id)
          REFERENCES app_user (organization_id, id) ON DELETE CASCADE,
        CONSTRAINT scim_resource_pool_fkey FOREIGN KEY (organization_id, pool_id)
          REFERENCES pool (organization_id, id) ON DELETE CASCADE
      );
      CREATE INDEX scim_resource_external_idx ON scim_resource (organization_id, client_id, kind, external_index);
      CREATE INDEX scim_resource_user_idx ON scim_resource (organization_id, user_id);
      CREATE INDEX scim_resource_pool_idx ON scim_resource (organization_id, pool_id);

      CREATE TABLE provisioning_put_out (
        organization_id uuid        NOT NULL,
        client_id       uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        at              timestamptz NOT NULL,
        CONSTRAINT provisioning_put_out_pkey PRIMARY KEY (organization_id, client_id, user_id),
        CONSTRAINT provisioning_put_out_client_fkey FOREIGN KEY (organization_id, client_id)
          REFERENCES provisioning_client (organization_id, id) ON DELETE CASCADE
      );
    `);
    for (const table of ['provisioning_client', 'scim_resource', 'provisioning_put_out'])
      await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE provisioning_put_out, scim_resource, provisioning_client');
  }
}

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const client = (level: 'M1' | 'M2' | 'M3', purpose: string) => [level, purpose, 'until it is deleted'] as const;
const resource = (level: 'M1' | 'M2', purpose: string) => [level, purpose, 'person in the organization'] as const;

const CLASSIFICATION = {
  provisioning_client: {
    organization_id: ORGANIZATION,
    id: client('M1', 'identity'),
    settings_sealed: client('M2', 'name, brake, groups, ciphertext'),
    secret_hash: client('M3', 'recognising the client'),
    old_secret_hash: client('M3', 'recognising the client while its secret is exchanged'),
    old_secret_until: client('M1', 'end of the overlap'),
    created_at: client('M1', 'display'),
  },
  scim_resource: {
    organization_id: ORGANIZATION,
    client_id: resource('M1', 'where it comes from'),
    kind: resource('M1', 'person or group'),
    id: resource('M1', 'who or which pool'),
    user_id: resource('M1', 'going with the person'),
    pool_id: resource('M1', 'going with the pool'),
    name_index: resource('M2', 'finding it by name, keyed hash'),
    external_index: resource('M2', 'finding it by the id of the client, keyed hash'),
    document_sealed: resource('M2', 'what the client said, ciphertext'),
    is_put_out: resource('M1', 'whether the client put the person out'),
    version: resource('M1', 'ETag'),
    created_at: resource('M1', 'display'),
    changed_at: resource('M1', 'display'),
  },
  provisioning_put_out: {
    organization_id: ORGANIZATION,
    client_id: ['M1', 'brake', '1 hour'],
    user_id: ['M1', 'brake', '1 hour'],
    at: ['M1', 'brake', '1 hour'],
  },
} as const;
