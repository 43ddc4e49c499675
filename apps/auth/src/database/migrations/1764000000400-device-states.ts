import { describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** More states of a device, why it is in one, and orders to wipe it. */
export class DeviceStates1764000000400 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE device DROP CONSTRAINT device_state_check;
      ALTER TABLE device ADD CONSTRAINT device_state_check
        CHECK (state IN ('pending', 'active', 'suspended', 'wipe_pending', 'wiped', 'gone'));
      ALTER TABLE device ADD COLUMN state_reason text;

      CREATE TABLE wipe_order (
        organization_id uuid        NOT NULL,
        id              uuid        NOT NULL,
        device_id       uuid        NOT NULL,
        nonce           text        NOT NULL,
        state           text        NOT NULL CONSTRAINT wipe_order_state_check CHECK (state IN ('requested', 'delivered', 'wiped', 'cancelled')),
        requested_by    uuid        NOT NULL,
        requested_at    timestamptz NOT NULL,
        delivered_at    timestamptz,
        finished_at     timestamptz,
        overdue_at      timestamptz,
        CONSTRAINT wipe_order_pkey PRIMARY KEY (organization_id, id),
        CONSTRAINT wipe_order_device_fkey FOREIGN KEY (organization_id, device_id)
          REFERENCES device (organization_id, id) ON DELETE CASCADE
      );
      CREATE UNIQUE INDEX wipe_order_open_key ON wipe_order (organization_id, device_id)
        WHERE state IN ('requested', 'delivered');
    `);
    await db.query(protect('wipe_order'));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE wipe_order; ALTER TABLE device DROP COLUMN state_reason;
      ALTER TABLE device DROP CONSTRAINT device_state_check;
      ALTER TABLE device ADD CONSTRAINT device_state_check CHECK (state IN ('active', 'suspended', 'gone'))`);
  }
}

const order = (purpose: string) => ['M1', purpose, 'person in the organization'] as const;

const CLASSIFICATION = {
  device: { state_reason: order('who may let a suspended device in again') },
  wipe_order: {
    organization_id: ['M0', 'tenant', 'organization'],
    id: order('identity'),
    device_id: order('which device'),
    nonce: order('telling the proof of this order from any other'),
    state: order('how far it is'),
    requested_by: order('who ordered it'),
    requested_at: order('display and overdue'),
    delivered_at: order('display'),
    finished_at: order('display'),
    overdue_at: order('saying once that it is overdue'),
  },
} as const;
