import { describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Secrets without which an app cannot read its own data. */
export class RemoteLock1764000000720 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE remote_secret (
        organization_id uuid        NOT NULL,
        device_id       uuid        NOT NULL,
        token_hash      bytea       NOT NULL,
        secret_sealed   bytea       NOT NULL,
        activated_at    timestamptz NOT NULL,
        locked_at       timestamptz,
        locked_by       uuid,
        CONSTRAINT remote_secret_pkey PRIMARY KEY (organization_id, device_id),
        CONSTRAINT remote_secret_device_fkey FOREIGN KEY (organization_id, device_id)
          REFERENCES device (organization_id, id) ON DELETE CASCADE
      );
    `);
    await db.query(protect('remote_secret'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE remote_secret');
  }
}

const secret = (level: 'M1' | 'M3', purpose: string) => [level, purpose, 'the device'] as const;

const CLASSIFICATION = {
  remote_secret: {
    organization_id: ['M0', 'tenant', 'organization'],
    device_id: secret('M1', 'whose it is'),
    token_hash: secret('M1', 'recognising who may fetch it'),
    secret_sealed: secret('M3', 'opening the data of the app, ciphertext'),
    activated_at: secret('M1', 'display'),
    locked_at: secret('M1', 'whether it is withheld'),
    locked_by: secret('M1', 'who may give it again'),
  },
} as const;
