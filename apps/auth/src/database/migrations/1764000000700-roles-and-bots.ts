import { type Classification, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANT_TABLES = ['custom_role', 'role_assignment', 'bot', 'bot_key', 'bot_grant', 'bot_assertion'] as const;

/** Custom roles and who has them where; bots, their keys, and who sees them. */
export class RolesAndBots1764000000700 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await createRoles(db);
    await createBots(db);
    for (const table of TENANT_TABLES) await db.query(protect(table));
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE bot_assertion, bot_grant, bot_key, bot, role_assignment, custom_role');
    await db.query(`DELETE FROM app_user u WHERE u.kind = 'bot'`);
    await db.query('ALTER TABLE app_user DROP COLUMN kind');
  }
}

async function createRoles(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE custom_role (
      organization_id uuid        NOT NULL REFERENCES organization (organization_id),
      id              uuid        NOT NULL,
      name_sealed     bytea       NOT NULL,
      permissions     text[]      NOT NULL,
      created_at      timestamptz NOT NULL,
      CONSTRAINT custom_role_pkey PRIMARY KEY (organization_id, id)
    );

    CREATE TABLE role_assignment (
      organization_id uuid NOT NULL,
      role_id         uuid NOT NULL,
      user_id         uuid NOT NULL,
      pool_id         uuid,
      -- What it holds for: one pool, or the organization as a whole.
      scope_id        uuid NOT NULL GENERATED ALWAYS AS (coalesce(pool_id, organization_id)) STORED,
      CONSTRAINT role_assignment_pkey PRIMARY KEY (organization_id, role_id, user_id, scope_id),
      CONSTRAINT role_assignment_role_fkey FOREIGN KEY (organization_id, role_id)
        REFERENCES custom_role (organization_id, id) ON DELETE CASCADE,
      CONSTRAINT role_assignment_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES app_user (organization_id, id) ON DELETE CASCADE,
      CONSTRAINT role_assignment_pool_fkey FOREIGN KEY (organization_id, pool_id)
        REFERENCES pool (organization_id, id) ON DELETE CASCADE
    );
    CREATE INDEX role_assignment_user_idx ON role_assignment (organization_id, user_id);
  `);
}

async function createBots(db: QueryRunner): Promise<void> {
  await db.query(`
    ALTER TABLE app_user ADD COLUMN kind text NOT NULL DEFAULT 'person'
      CONSTRAINT app_user_kind_check CHECK (kind = 'person' OR (kind = 'bot' AND role = 'member'));
    CREATE INDEX app_user_bot_idx ON app_user (organization_id, id) WHERE kind = 'bot';

    CREATE TABLE bot (
      organization_id uuid        NOT NULL,
      id              uuid        NOT NULL,
      scopes          text[]      NOT NULL,
      made_by         uuid        NOT NULL,
      last_used_at    timestamptz,
      CONSTRAINT bot_pkey PRIMARY KEY (organization_id, id),
      CONSTRAINT bot_user_fkey FOREIGN KEY (organization_id, id)
        REFERENCES app_user (organization_id, id) ON DELETE CASCADE
    );

    CREATE TABLE bot_key (
      organization_id uuid        NOT NULL,
      id              uuid        NOT NULL,
      bot_id          uuid        NOT NULL,
      public_key      text        NOT NULL,
      key_thumbprint  text        NOT NULL,
      created_at      timestamptz NOT NULL,
      retired_at      timestamptz,
      CONSTRAINT bot_key_pkey PRIMARY KEY (organization_id, id),
      CONSTRAINT bot_key_key UNIQUE (organization_id, key_thumbprint),
      CONSTRAINT bot_key_bot_fkey FOREIGN KEY (organization_id, bot_id)
        REFERENCES bot (organization_id, id) ON DELETE CASCADE
    );
    CREATE INDEX bot_key_bot_idx ON bot_key (organization_id, bot_id);

    CREATE TABLE bot_grant (
      organization_id uuid NOT NULL,
      bot_id          uuid NOT NULL,
      user_id         uuid,
      pool_id         uuid,
      -- Whose people it is: one person, or a pool.
      subject_id      uuid NOT NULL GENERATED ALWAYS AS (coalesce(user_id, pool_id)) STORED,
      CONSTRAINT bot_grant_pkey PRIMARY KEY (organization_id, bot_id, subject_id),
      CONSTRAINT bot_grant_subject_check CHECK (num_nonnulls(user_id, pool_id) = 1),
      CONSTRAINT bot_grant_bot_fkey FOREIGN KEY (organization_id, bot_id)
        REFERENCES bot (organization_id, id) ON DELETE CASCADE,
      CONSTRAINT bot_grant_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES app_user (organization_id, id) ON DELETE CASCADE,
      CONSTRAINT bot_grant_pool_fkey FOREIGN KEY (organization_id, pool_id)
        REFERENCES pool (organization_id, id) ON DELETE CASCADE
    );
    CREATE INDEX bot_grant_user_idx ON bot_grant (organization_id, user_id) WHERE user_id IS NOT NULL;

    CREATE TABLE bot_assertion (
      organization_id uuid        NOT NULL,
      jti_hash        bytea       NOT NULL,
      expires_at      timestamptz NOT NULL,
      CONSTRAINT bot_assertion_pkey PRIMARY KEY (organization_id, jti_hash)
    );
    CREATE INDEX bot_assertion_expires_at_idx ON bot_assertion (organization_id, expires_at);
  `);
}

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const role = (purpose: string) => ['M1', purpose, 'role'] as const;
const given = (purpose: string) => ['M1', purpose, 'person in the organization'] as const;
const bot = (purpose: string) => ['M1', purpose, 'bot'] as const;
const assertion = (purpose: string) => ['M0', purpose, '10 minutes'] as const;

const CLASSIFICATION: Classification = {
  app_user: { kind: ['M0', 'telling bots from people', 'person in the organization'] },
  custom_role: {
    organization_id: ORGANIZATION,
    id: role('identity'),
    name_sealed: ['M2', 'display', 'role'],
    permissions: role('what it allows'),
    created_at: role('display'),
  },
  role_assignment: {
    organization_id: ORGANIZATION,
    role_id: given('which role'),
    user_id: given('who has the role'),
    pool_id: given('for which pool'),
    scope_id: given('for what it holds'),
  },
  bot: {
    organization_id: ORGANIZATION,
    id: bot('identity'),
    scopes: bot('what it may ask'),
    made_by: bot('who answers for it'),
    last_used_at: bot('noticing bots nobody uses'),
  },
  bot_key: {
    organization_id: ORGANIZATION,
    id: bot('naming the key in assertions'),
    bot_id: bot('whose key'),
    public_key: bot('verifying assertions'),
    key_thumbprint: bot('one bot per key; binding tokens'),
    created_at: bot('display'),
    retired_at: bot('refusing the key'),
  },
  bot_grant: {
    organization_id: ORGANIZATION,
    bot_id: bot('which bot'),
    user_id: given('who sees the bot'),
    pool_id: bot('whose people see the bot'),
    subject_id: bot('once per person and pool'),
  },
  bot_assertion: {
    organization_id: ORGANIZATION,
    jti_hash: assertion('each assertion works once'),
    expires_at: assertion('when it may be forgotten'),
  },
};
