import { describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may meet whom, and who may register. */
export class ContactPolicy1764000000500 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE contact_policy (
        organization_id uuid        NOT NULL REFERENCES organization (organization_id),
        mode            text        NOT NULL CONSTRAINT contact_policy_mode_check CHECK (mode IN ('open', 'pools', 'matrix', 'closed')),
        updated_at      timestamptz NOT NULL,
        CONSTRAINT contact_policy_pkey PRIMARY KEY (organization_id)
      );

      CREATE TABLE contact_cell (
        organization_id uuid    NOT NULL,
        from_pool_id    uuid    NOT NULL,
        to_pool_id      uuid    NOT NULL,
        see             boolean NOT NULL,
        message         boolean NOT NULL,
        alarm           boolean NOT NULL,
        CONSTRAINT contact_cell_pkey PRIMARY KEY (organization_id, from_pool_id, to_pool_id),
        -- Whoever may message or alarm may see.
        CONSTRAINT contact_cell_rights_check CHECK (see OR NOT (message OR alarm)),
        CONSTRAINT contact_cell_from_fkey FOREIGN KEY (organization_id, from_pool_id)
          REFERENCES pool (organization_id, id) ON DELETE CASCADE,
        CONSTRAINT contact_cell_to_fkey FOREIGN KEY (organization_id, to_pool_id)
          REFERENCES pool (organization_id, id) ON DELETE CASCADE
      );

      CREATE TABLE registration_entry (
        organization_id uuid        NOT NULL REFERENCES organization (organization_id),
        id              uuid        NOT NULL,
        email_index     bytea,
        email_sealed    bytea,
        domain          text,
        created_at      timestamptz NOT NULL,
        CONSTRAINT registration_entry_pkey PRIMARY KEY (organization_id, id),
        CONSTRAINT registration_entry_email_key UNIQUE (organization_id, email_index),
        CONSTRAINT registration_entry_domain_key UNIQUE (organization_id, domain),
        CONSTRAINT registration_entry_kind_check CHECK (
          num_nonnulls(email_index, domain) = 1 AND (email_index IS NULL) = (email_sealed IS NULL))
      );
    `);
    for (const table of ['contact_policy', 'contact_cell', 'registration_entry']) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE registration_entry, contact_cell, contact_policy');
  }
}

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const policy = (purpose: string) => ['M1', purpose, 'organization'] as const;
const cell = (purpose: string) => ['M1', purpose, 'pool'] as const;
const entry = (purpose: string) => ['M1', purpose, 'until taken off the list'] as const;

const CLASSIFICATION = {
  contact_policy: {
    organization_id: ORGANIZATION,
    mode: policy('who may meet whom'),
    updated_at: policy('display'),
  },
  contact_cell: {
    organization_id: ORGANIZATION,
    from_pool_id: cell('whose people'),
    to_pool_id: cell('to whose people'),
    see: cell('whether they may find them'),
    message: cell('whether they may write to them'),
    alarm: cell('whether they may alarm them'),
  },
  registration_entry: {
    organization_id: ORGANIZATION,
    id: entry('identity'),
    email_index: entry('finding the address without storing it in the clear'),
    email_sealed: ['M2', 'display', 'until taken off the list'],
    domain: entry('which addresses may register'),
    created_at: entry('display'),
  },
} as const;
