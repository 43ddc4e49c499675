import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How often a phone was used lately, so that all replicas together spare it, and when the next message or call of the
 * installation may leave. A provider reports by the id of a notification, so those of phones are found by it.
 */
export class PhoneUse1764100700000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE phone_use (
        organization_id uuid        NOT NULL,
        destination_id  text        NOT NULL,
        path            text        NOT NULL,
        notification_id uuid        NOT NULL,
        used_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT phone_use_pkey PRIMARY KEY (organization_id, destination_id, path, notification_id)
      );

      CREATE TABLE pace (
        path    text        PRIMARY KEY,
        next_at timestamptz NOT NULL
      );

      CREATE INDEX notification_phone_idx ON notification (organization_id, id) WHERE path IN ('sms', 'voice');
    `);
    await db.query(protect('phone_use'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX notification_phone_idx; DROP TABLE pace, phone_use');
  }
}

const CLASSIFICATION: Classification = {
  phone_use: {
    organization_id: ['M0', 'tenant', 'organization'],
    destination_id: ['M1', 'which phone, by the id of its entry', 'three hours'],
    path: ['M1', 'message or call', 'three hours'],
    notification_id: ['M1', 'counting a repetition once', 'three hours'],
    used_at: ['M1', 'how often lately', 'three hours'],
  },
  pace: {
    path: ['M0', 'messages or calls', 'installation'],
    next_at: ['M0', 'when the next may leave', 'installation'],
  },
};
