import { protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How often who may meet whom has changed, and how far messaging has come with looking at its conversations again. Whoever
 * adds people looks at the number first and holds it with the commit: see contacts/contact-store.ts.
 */
export class ContactReviews1764000000510 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE contact_version (
        organization_id uuid   NOT NULL,
        version         bigint NOT NULL,
        CONSTRAINT contact_version_pkey PRIMARY KEY (organization_id)
      );
      COMMENT ON TABLE contact_version IS 'class=M0;purpose=noticing that who may meet whom changed meanwhile;retention=as the organization';

      CREATE TABLE contact_review (
        organization_id uuid        NOT NULL,
        event_id        uuid        NOT NULL,
        reviewed_to     uuid,
        begun_at        timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT contact_review_pkey PRIMARY KEY (organization_id, event_id)
      );
      COMMENT ON TABLE contact_review IS 'class=M0;purpose=going on where a replica stopped;retention=until the review is through';

      ${['contact_version', 'contact_review'].map(protect).join('\n')}
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE contact_review, contact_version');
  }
}
