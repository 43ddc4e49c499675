import { type Classification, createOutbox, describeColumns, protect } from '@relais/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANT_TABLES = [
  'organization',
  'app_user',
  'pool',
  'pool_user',
  'device',
  'session',
  'refresh_token',
  'invitation',
] as const;

/** People, their devices and sessions, per organization; and what the installation as a whole keeps: keys and revocations. */
export class Identities1764000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await createSystemTables(db);
    await createPeople(db);
    await createSessions(db);
    for (const table of TENANT_TABLES) await db.query(protect(table));
    await createOutbox(db);
    await describeColumns(db, CLASSIFICATION);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE outbox, outbox_cursor, inbox, refresh_token, session, device, invitation, pool_user, pool,
      app_user, organization, login_throttle, revocation, signing_key, bootstrap, organization_handle`);
    await db.query('DROP SEQUENCE revocation_counter');
  }
}

async function createSystemTables(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE organization_handle (
      handle          text CONSTRAINT organization_handle_pkey PRIMARY KEY,
      organization_id uuid NOT NULL CONSTRAINT organization_handle_organization_key UNIQUE
    );

    CREATE TABLE bootstrap (
      token_hash      bytea       CONSTRAINT bootstrap_pkey PRIMARY KEY,
      organization_id uuid        NOT NULL,
      consumed_at     timestamptz NOT NULL
    );

    CREATE TABLE signing_key (
      kid            text        CONSTRAINT signing_key_pkey PRIMARY KEY,
      public_x       text        NOT NULL,
      private_sealed bytea       NOT NULL,
      signs_from     timestamptz NOT NULL CONSTRAINT signing_key_signs_from_key UNIQUE,
      signs_until    timestamptz NOT NULL
    );

    CREATE SEQUENCE revocation_counter;
    -- NOTE: a fresh sequence reads 1 before and after its first use; using it once here makes every later value greater.
    SELECT nextval('revocation_counter');

    CREATE TABLE revocation (
      subject_id uuid        CONSTRAINT revocation_pkey PRIMARY KEY,
      epoch      bigint      NOT NULL,
      revoked_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX revocation_revoked_at_idx ON revocation (revoked_at);

    CREATE TABLE login_throttle (
      key               bytea       CONSTRAINT login_throttle_pkey PRIMARY KEY,
      tries             integer     NOT NULL,
      window_started_at timestamptz NOT NULL,
      last_tried_at     timestamptz NOT NULL
    );
    CREATE INDEX login_throttle_last_tried_at_idx ON login_throttle (last_tried_at);
  `);
}

async function createPeople(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE organization (
      organization_id uuid        CONSTRAINT organization_pkey PRIMARY KEY,
      handle          text        NOT NULL,
      name_sealed     bytea       NOT NULL,
      created_at      timestamptz NOT NULL
    );

    CREATE TABLE app_user (
      organization_id     uuid        NOT NULL REFERENCES organization (organization_id),
      id                  uuid        NOT NULL,
      role                text        NOT NULL CONSTRAINT app_user_role_check CHECK (role IN ('owner', 'admin', 'member')),
      state               text        NOT NULL CONSTRAINT app_user_state_check CHECK (state IN ('active', 'disabled')),
      email_index         bytea       NOT NULL,
      email_sealed        bytea       NOT NULL,
      display_name_sealed bytea       NOT NULL,
      password_hash       text        NOT NULL,
      created_at          timestamptz NOT NULL,
      CONSTRAINT app_user_pkey PRIMARY KEY (organization_id, id),
      CONSTRAINT app_user_email_key UNIQUE (organization_id, email_index)
    );

    CREATE TABLE pool (
      organization_id uuid        NOT NULL REFERENCES organization (organization_id),
      id              uuid        NOT NULL,
      name_sealed     bytea       NOT NULL,
      is_default      boolean     NOT NULL DEFAULT false,
      created_at      timestamptz NOT NULL,
      CONSTRAINT pool_pkey PRIMARY KEY (organization_id, id)
    );
    CREATE UNIQUE INDEX pool_default_key ON pool (organization_id) WHERE is_default;

    CREATE TABLE pool_user (
      organization_id uuid NOT NULL,
      pool_id         uuid NOT NULL,
      user_id         uuid NOT NULL,
      CONSTRAINT pool_user_pkey PRIMARY KEY (organization_id, pool_id, user_id),
      CONSTRAINT pool_user_pool_fkey FOREIGN KEY (organization_id, pool_id) REFERENCES pool (organization_id, id),
      CONSTRAINT pool_user_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES app_user (organization_id, id) ON DELETE CASCADE
    );
    CREATE INDEX pool_user_user_idx ON pool_user (organization_id, user_id);

    CREATE TABLE invitation (
      organization_id uuid        NOT NULL REFERENCES organization (organization_id),
      id              uuid        NOT NULL,
      token_hash      bytea       NOT NULL,
      invited_by      uuid        NOT NULL,
      role            text        NOT NULL CONSTRAINT invitation_role_check CHECK (role IN ('owner', 'admin', 'member')),
      pool_ids        uuid[]      NOT NULL,
      created_at      timestamptz NOT NULL,
      expires_at      timestamptz NOT NULL,
      used_at         timestamptz,
      CONSTRAINT invitation_pkey PRIMARY KEY (organization_id, id),
      CONSTRAINT invitation_token_key UNIQUE (organization_id, token_hash)
    );
  `);
}

async function createSessions(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE device (
      organization_id uuid        NOT NULL,
      id              uuid        NOT NULL,
      user_id         uuid        NOT NULL,
      state           text        NOT NULL CONSTRAINT device_state_check CHECK (state IN ('active', 'suspended', 'gone')),
      platform        text        NOT NULL,
      name_sealed     bytea       NOT NULL,
      public_key      text        NOT NULL,
      key_thumbprint  text        NOT NULL,
      created_at      timestamptz NOT NULL,
      CONSTRAINT device_pkey PRIMARY KEY (organization_id, id),
      CONSTRAINT device_key_key UNIQUE (organization_id, key_thumbprint),
      CONSTRAINT device_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES app_user (organization_id, id) ON DELETE CASCADE
    );
    CREATE INDEX device_user_idx ON device (organization_id, user_id);

    CREATE TABLE session (
      organization_id uuid        NOT NULL,
      id              uuid        NOT NULL,
      user_id         uuid        NOT NULL,
      device_id       uuid        NOT NULL,
      family_hash     bytea       NOT NULL,
      generation      integer     NOT NULL DEFAULT 1,
      amr             text[]      NOT NULL,
      created_at      timestamptz NOT NULL,
      last_used_at    timestamptz NOT NULL,
      CONSTRAINT session_pkey PRIMARY KEY (organization_id, id),
      CONSTRAINT session_family_key UNIQUE (organization_id, family_hash),
      CONSTRAINT session_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES app_user (organization_id, id) ON DELETE CASCADE,
      CONSTRAINT session_device_fkey FOREIGN KEY (organization_id, device_id)
        REFERENCES device (organization_id, id) ON DELETE CASCADE
    );
    CREATE INDEX session_user_idx ON session (organization_id, user_id);
    CREATE INDEX session_device_idx ON session (organization_id, device_id);

    CREATE TABLE refresh_token (
      organization_id uuid    NOT NULL,
      token_hash      bytea   NOT NULL,
      session_id      uuid    NOT NULL,
      generation      integer NOT NULL,
      CONSTRAINT refresh_token_pkey PRIMARY KEY (organization_id, token_hash),
      CONSTRAINT refresh_token_session_fkey FOREIGN KEY (organization_id, session_id)
        REFERENCES session (organization_id, id) ON DELETE CASCADE
    );
    CREATE INDEX refresh_token_session_idx ON refresh_token (organization_id, session_id);
  `);
}

const ORGANIZATION = ['M0', 'tenant', 'organization'] as const;
const user = (purpose: string) => ['M0', purpose, 'person in the organization'] as const;
const session = (purpose: string) => ['M1', purpose, 'session, at most 90 days'] as const;
const event = (purpose: string) => ['M0', purpose, 'OUTBOX_RETENTION_HOURS'] as const;

const CLASSIFICATION: Classification = {
  organization_handle: {
    handle: ['M1', 'finding the organization at login', 'organization'],
    organization_id: ORGANIZATION,
  },
  bootstrap: {
    token_hash: ['M1', 'each bootstrap token works once', 'installation'],
    organization_id: ORGANIZATION,
    consumed_at: ['M0', 'when the organization was made', 'installation'],
  },
  signing_key: {
    kid: ['M0', 'naming the key in tokens', 'until its tokens expired'],
    public_x: ['M0', 'verifying tokens', 'until its tokens expired'],
    private_sealed: ['M2', 'signing tokens', 'until its tokens expired'],
    signs_from: ['M0', 'rotation', 'until its tokens expired'],
    signs_until: ['M0', 'rotation', 'until its tokens expired'],
  },
  revocation: {
    subject_id: ['M0', 'refusing tokens of what was put out', 'life of an access token'],
    epoch: ['M0', 'refusing only older tokens', 'life of an access token'],
    revoked_at: ['M0', 'knowing when no such token is left', 'life of an access token'],
  },
  login_throttle: {
    key: ['M1', 'counting tries per account and device', '24 hours'],
    tries: ['M0', 'limiting guesses', '24 hours'],
    window_started_at: ['M0', 'limiting guesses', '24 hours'],
    last_tried_at: ['M0', 'limiting guesses', '24 hours'],
  },
  organization: {
    organization_id: ORGANIZATION,
    handle: ['M1', 'short name at login', 'organization'],
    name_sealed: ['M2', 'display', 'organization'],
    created_at: ['M0', 'display', 'organization'],
  },
  app_user: {
    organization_id: ORGANIZATION,
    id: user('identity'),
    role: ['M1', 'permissions', 'person in the organization'],
    state: ['M1', 'who may sign in', 'person in the organization'],
    email_index: ['M2', 'finding the account at login', 'person in the organization'],
    email_sealed: ['M2', 'showing people their own address', 'person in the organization'],
    display_name_sealed: ['M2', 'display', 'person in the organization'],
    password_hash: ['M2', 'login', 'person in the organization'],
    created_at: user('display'),
  },
  pool: {
    organization_id: ORGANIZATION,
    id: ['M0', 'identity', 'pool'],
    name_sealed: ['M2', 'display', 'pool'],
    is_default: ['M1', 'where people without a pool go', 'pool'],
    created_at: ['M0', 'display', 'pool'],
  },
  pool_user: {
    organization_id: ORGANIZATION,
    pool_id: ['M1', 'who is in the pool', 'person in the organization'],
    user_id: ['M1', 'who is in the pool', 'person in the organization'],
  },
  invitation: {
    organization_id: ORGANIZATION,
    id: ['M0', 'identity', '24 hours'],
    token_hash: ['M1', 'redeeming once', '24 hours'],
    invited_by: ['M1', 'no more rights than the inviter', '24 hours'],
    role: ['M1', 'role of the new person', '24 hours'],
    pool_ids: ['M1', 'pools of the new person', '24 hours'],
    created_at: ['M0', 'display', '24 hours'],
    expires_at: ['M0', 'end of validity', '24 hours'],
    used_at: ['M0', 'redeeming once', '24 hours'],
  },
  device: {
    organization_id: ORGANIZATION,
    id: user('identity'),
    user_id: user('whose device'),
    state: ['M1', 'which devices may sign in', 'person in the organization'],
    platform: ['M1', 'display', 'person in the organization'],
    name_sealed: ['M2', 'display', 'person in the organization'],
    public_key: ['M1', 'verifying proofs', 'person in the organization'],
    key_thumbprint: ['M1', 'one device per key', 'person in the organization'],
    created_at: user('display'),
  },
  session: {
    organization_id: ORGANIZATION,
    id: session('identity'),
    user_id: session('whose session'),
    device_id: session('which device'),
    family_hash: session('finding the session of a refresh token'),
    generation: session('telling a new refresh token from a used one'),
    amr: session('how the person signed in'),
    created_at: session('absolute end'),
    last_used_at: session('end when idle'),
  },
  refresh_token: {
    organization_id: ORGANIZATION,
    token_hash: session('renewing the session'),
    session_id: session('which session'),
    generation: session('telling a new refresh token from a used one'),
  },
  outbox: {
    position: event('order'),
    xid: event('order'),
    id: event('idempotence'),
    subject: event('routing'),
    data: event('ids of the event'),
    created_at: event('age'),
  },
  outbox_cursor: {
    name: ['M0', 'identity', 'installation'],
    xid: ['M0', 'progress of the relay', 'installation'],
    position: ['M0', 'progress of the relay', 'installation'],
    owner: ['M0', 'which replica relays', 'installation'],
    leased_until: ['M0', 'which replica relays', 'installation'],
    stream_created: ['M0', 'noticing a lost stream', 'installation'],
    stream_seq: ['M0', 'noticing a lost stream', 'installation'],
  },
  inbox: { consumer: event('idempotence'), event_id: event('idempotence'), received_at: event('age') },
};
