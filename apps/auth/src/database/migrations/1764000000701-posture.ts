import { describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What device management says about devices. */
export class Posture1764000000701 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE device ADD COLUMN mdm_id_index bytea;
      ALTER TABLE device ADD COLUMN posture text CONSTRAINT device_posture_check CHECK (posture IN ('compliant', 'not_compliant'));
      ALTER TABLE device ADD COLUMN posture_at timestamptz;
      CREATE INDEX device_mdm_id ON device (organization_id, mdm_id_index) WHERE mdm_id_index IS NOT NULL;

      CREATE TABLE posture_source (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        settings_sealed bytea       NOT NULL,
        created_at      timestamptz NOT NULL,
        CONSTRAINT posture_source_pkey PRIMARY KEY (organization_id, id)
      );

      CREATE TABLE posture_receipt (
        organization_id uuid        NOT NULL,
        source_id       uuid        NOT NULL,
        message_hash    bytea       NOT NULL,
        content_hash    bytea       NOT NULL,
        received_at     timestamptz NOT NULL,
        CONSTRAINT posture_receipt_pkey PRIMARY KEY (organization_id, source_id, message_hash),
        CONSTRAINT posture_receipt_source_fkey FOREIGN KEY (organization_id, source_id)
          REFERENCES posture_source (organization_id, id) ON DELETE CASCADE
      );
    `);
    await db.query(protect('posture_source'));
    await db.query(protect('posture_receipt'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE posture_receipt; DROP TABLE posture_source;
      ALTER TABLE device DROP COLUMN mdm_id_index, DROP COLUMN posture, DROP COLUMN posture_at`);
  }
}

const ofDevice = (purpose: string) => ['M1', purpose, 'person in the organization'] as const;
const ofSource = (level: 'M1' | 'M3', purpose: string) => [level, purpose, 'until it is deleted'] as const;

const CLASSIFICATION = {
  device: {
    mdm_id_index: ofDevice('finding it by its id in device management, keyed hash'),
    posture: ofDevice('what device management said last'),
    posture_at: ofDevice('ignoring what is older than the last word'),
  },
  posture_source: {
    organization_id: ['M0', 'tenant', 'organization'],
    id: ofSource('M1', 'identity'),
    settings_sealed: ofSource('M3', 'name, keys and shared key, ciphertext'),
    created_at: ofSource('M1', 'display'),
  },
  posture_receipt: {
    organization_id: ['M0', 'tenant', 'organization'],
    source_id: ['M1', 'who sent it', '2 days'],
    message_hash: ['M1', 'refusing what comes again', '2 days'],
    content_hash: ['M1', 'telling a repetition from a forgery', '2 days'],
    received_at: ['M1', 'retention', '2 days'],
  },
} as const;
