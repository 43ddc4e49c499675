import { describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What apps may do, said by organization, pools and devices; and what devices say they have made of it. */
export class AppPolicy1764000000800 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE app_policy (
        organization_id uuid        NOT NULL REFERENCES organization (organization_id),
        layer           text        NOT NULL CONSTRAINT app_policy_layer_check CHECK (layer IN ('organization', 'pool', 'device')),
        subject_id      uuid        NOT NULL,
        settings        jsonb       NOT NULL,
        updated_at      timestamptz NOT NULL,
        CONSTRAINT app_policy_pkey PRIMARY KEY (organization_id, layer, subject_id)
      );

      CREATE TABLE app_policy_report (
        organization_id uuid        NOT NULL,
        device_id       uuid        NOT NULL,
        version         text        NOT NULL,
        is_compliant    boolean     NOT NULL,
        app_version     text        NOT NULL,
        os_version      text        NOT NULL,
        not_applied     jsonb       NOT NULL,
        reported_at     timestamptz NOT NULL,
        CONSTRAINT app_policy_report_pkey PRIMARY KEY (organization_id, device_id),
        CONSTRAINT app_policy_report_device_fkey FOREIGN KEY (organization_id, device_id)
          REFERENCES device (organization_id, id) ON DELETE CASCADE
      );
    `);
    for (const table of ['app_policy', 'app_policy_report']) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE app_policy_report, app_policy');
  }
}

const policy = (purpose: string) => ['M1', purpose, 'organization'] as const;
const report = (purpose: string) => ['M1', purpose, 'device'] as const;

const CLASSIFICATION = {
  app_policy: {
    organization_id: ['M0', 'tenant', 'organization'],
    layer: policy('which layer speaks'),
    subject_id: policy('for which organization, pool or device'),
    settings: policy('what apps may do'),
    updated_at: policy('display'),
  },
  app_policy_report: {
    organization_id: ['M0', 'tenant', 'organization'],
    device_id: report('which device reports'),
    version: report('whether it has the current policy'),
    is_compliant: report('whether it is what the policy allows'),
    app_version: report('finding apps that are too old'),
    os_version: report('finding systems that are too old'),
    not_applied: report('finding settings that did not work'),
    reported_at: report('display'),
  },
} as const;
