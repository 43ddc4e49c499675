import { createOutbox, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A conversation hands out `seq`; its entries keep it. Members have periods, because someone may leave and come back
 * and sees only what was said while they were in. Marks are apart from members: they change with every message read.
 */
export class ConversationsAndEntries1764000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE conversation (
        organization_id     uuid        NOT NULL,
        id                  uuid        NOT NULL,
        kind                text        NOT NULL CONSTRAINT conversation_kind_check CHECK (kind IN ('direct', 'group', 'channel')),
        direct_low          uuid,
        direct_high         uuid,
        title               bytea,
        last_seq            bigint      NOT NULL DEFAULT 0,
        rules_version       integer     NOT NULL DEFAULT 1,
        member_count        integer     NOT NULL DEFAULT 0,
        shares_history      boolean     NOT NULL DEFAULT false,
        message_ttl_seconds integer     NOT NULL DEFAULT 0,
        created_by          uuid        NOT NULL,
        created_at          timestamptz NOT NULL DEFAULT now(),
        closed_at           timestamptz,
        CONSTRAINT conversation_pkey PRIMARY KEY (organization_id, id),
        CONSTRAINT conversation_direct_key UNIQUE (organization_id, direct_low, direct_high)
      ) WITH (fillfactor = 70);
      COMMENT ON TABLE conversation IS 'class=M1;purpose=who talks with whom, and the next number of the log;retention=as the organization';
      COMMENT ON COLUMN conversation.title IS 'class=M2;purpose=what the conversation is called, encrypted;retention=as the conversation';
      COMMENT ON COLUMN conversation.rules_version IS 'class=M0;purpose=raised by whatever changes who may do what, so that replicas notice stale knowledge;retention=as the conversation';

      CREATE TABLE member (
        organization_id uuid        NOT NULL,
        conversation_id uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        joined_seq      bigint      NOT NULL,
        left_seq        bigint,
        role            text        NOT NULL CONSTRAINT member_role_check CHECK (role IN ('reader', 'writer', 'moderator')),
        joined_at       timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT member_pkey PRIMARY KEY (organization_id, conversation_id, user_id, joined_seq),
        CONSTRAINT member_conversation_fkey FOREIGN KEY (organization_id, conversation_id) REFERENCES conversation (organization_id, id) ON DELETE CASCADE
      );
      CREATE UNIQUE INDEX member_current_key ON member (organization_id, conversation_id, user_id) WHERE left_seq IS NULL;
      CREATE INDEX member_of_user ON member (organization_id, user_id, conversation_id) WHERE left_seq IS NULL;
      COMMENT ON TABLE member IS 'class=M1;purpose=who may read and write what;retention=as the conversation';

      CREATE TABLE mark (
        organization_id uuid        NOT NULL,
        conversation_id uuid        NOT NULL,
        user_id         uuid        NOT NULL,
        delivered_seq   bigint      NOT NULL DEFAULT 0,
        read_seq        bigint      NOT NULL DEFAULT 0,
        muted_until     timestamptz,
        CONSTRAINT mark_pkey PRIMARY KEY (organization_id, conversation_id, user_id),
        CONSTRAINT mark_conversation_fkey FOREIGN KEY (organization_id, conversation_id) REFERENCES conversation (organization_id, id) ON DELETE CASCADE
      ) WITH (fillfactor = 70);
      COMMENT ON TABLE mark IS 'class=M1;purpose=how far somebody has received and read;retention=as the membership';

      CREATE TABLE entry (
        organization_id  uuid        NOT NULL,
        conversation_id  uuid        NOT NULL,
        seq              bigint      NOT NULL,
        id               uuid        NOT NULL,
        kind             text        NOT NULL,
        sender_id        uuid        NOT NULL,
        sender_device_id uuid        NOT NULL,
        target_id        uuid,
        body             bytea,
        recorded_at      timestamptz NOT NULL,
        expires_at       timestamptz,
        cleared_at       timestamptz,
        CONSTRAINT entry_pkey PRIMARY KEY (organization_id, conversation_id, seq),
        CONSTRAINT entry_id_key UNIQUE (organization_id, conversation_id, id)
        -- No foreign key to conversation: taking the number updates that row under lock, so it is there, and the check
        -- would cost a lookup per message.
      );
      CREATE INDEX entry_target ON entry (organization_id, conversation_id, target_id) WHERE target_id IS NOT NULL;
      CREATE INDEX entry_expiring ON entry (organization_id, expires_at) WHERE expires_at IS NOT NULL AND cleared_at IS NULL;
      COMMENT ON TABLE entry IS 'class=M1;purpose=the log;retention=by the policy of the conversation';
      COMMENT ON COLUMN entry.body IS 'class=M3;purpose=what was said, encrypted; null once cleared;retention=by the policy of the conversation';

      CREATE TABLE mention (
        organization_id uuid   NOT NULL,
        user_id         uuid   NOT NULL,
        conversation_id uuid   NOT NULL,
        seq             bigint NOT NULL,
        CONSTRAINT mention_pkey PRIMARY KEY (organization_id, user_id, conversation_id, seq),
        CONSTRAINT mention_entry_fkey FOREIGN KEY (organization_id, conversation_id, seq) REFERENCES entry (organization_id, conversation_id, seq) ON DELETE CASCADE
      );
      COMMENT ON TABLE mention IS 'class=M1;purpose=to count what calls somebody by name;retention=as the entry';

      CREATE TABLE organization_seen (
        id       uuid        PRIMARY KEY,
        seen_at  timestamptz NOT NULL DEFAULT now()
      );
      COMMENT ON TABLE organization_seen IS 'class=M0;purpose=which organizations the expiry job visits;retention=none';

      ${['conversation', 'member', 'mark', 'entry', 'mention'].map(protect).join('\n')}
    `);
    await createOutbox(db);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(
      `DROP TABLE outbox, outbox_cursor, inbox, organization_seen, mention, entry, mark, member, conversation`,
    );
  }
}
