import type { EventContract } from '@relais/contracts';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { z } from 'zod';
import { onceCommitted } from './transaction.js';

/**
 * The tables behind durable events. They hold ids only and belong to no organization, so they carry no row-level
 * security: the relay reads across all of them.
 *
 * `outbox` is append-only. `xid` is the transaction that wrote the row: the relay stops before the oldest transaction
 * still running, because a plain `position > cursor` would skip a row that commits late.
 */
export async function createOutbox(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE outbox (
      position   bigint      GENERATED ALWAYS AS IDENTITY,
      xid        xid8        NOT NULL DEFAULT pg_current_xact_id(),
      id         uuid        NOT NULL,
      subject    text        NOT NULL,
      data       jsonb       NOT NULL,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT outbox_pkey PRIMARY KEY (xid, position)
    );
    COMMENT ON TABLE outbox IS 'class=M0;purpose=events on their way to the stream;retention=OUTBOX_RETENTION_HOURS';

    CREATE TABLE outbox_cursor (
      name           text        PRIMARY KEY,
      xid            xid8        NOT NULL DEFAULT '0',
      position       bigint      NOT NULL DEFAULT 0,
      owner          text        NOT NULL DEFAULT '',
      leased_until   timestamptz NOT NULL DEFAULT '-infinity',
      stream_created text        NOT NULL DEFAULT '',
      stream_seq     bigint      NOT NULL DEFAULT 0
    );
    COMMENT ON TABLE outbox_cursor IS 'class=M0;purpose=how far the relay has come and who it is;retention=none';
    INSERT INTO outbox_cursor (name) VALUES ('relay');

    CREATE TABLE inbox (
      consumer    text        NOT NULL,
      event_id    uuid        NOT NULL,
      received_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT inbox_pkey PRIMARY KEY (consumer, event_id)
    );
    COMMENT ON TABLE inbox IS 'class=M0;purpose=events already handled;retention=OUTBOX_RETENTION_HOURS';
  `);
}

const awaited = new WeakMap<DataSource, () => void>();

/** Calls `wake` whenever an event was committed through {@link enqueue}. */
export const onEnqueued = (db: DataSource, wake: () => void): void => void awaited.set(db, wake);

/** Records an event to be published once this transaction has committed, and not otherwise. */
export async function enqueue<Data extends z.ZodType<{ id: string }>>(
  tx: EntityManager,
  event: EventContract<Data>,
  data: z.input<Data> & { id: string },
): Promise<void> {
  await tx.query('INSERT INTO outbox (id, subject, data) VALUES ($1, $2, $3)', [
    data.id,
    event.subject,
    JSON.stringify(data),
  ]);
  onceCommitted(tx, () => awaited.get(tx.dataSource)?.());
}

/** True the first time this consumer meets the event, within the transaction of its effect. */
export async function isFirstTime(tx: EntityManager, consumer: string, eventId: string): Promise<boolean> {
  const rows: unknown[] = await tx.query(
    'INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_id',
    [consumer, eventId],
  );
  return rows.length > 0;
}
