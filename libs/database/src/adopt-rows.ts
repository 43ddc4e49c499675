import type { DataSource } from 'typeorm';

/** Of every table that is read in the order of the transactions that wrote it: rows of transactions not begun yet. */
const ADOPT = `
  DO $$
  DECLARE
    ordered text;
    moved   int;
    adopted int := 0;
  BEGIN
    FOR ordered IN
      SELECT c.table_name FROM information_schema.columns c
      WHERE c.table_schema = 'public' AND c.column_name = 'xid' AND c.udt_name = 'xid8'
        AND c.column_default LIKE 'pg_current_xact_id%'
    LOOP
      EXECUTE format('UPDATE %I SET xid = pg_current_xact_id() WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())', ordered);
      GET DIAGNOSTICS moved = ROW_COUNT;
      adopted := adopted + moved;
    END LOOP;
    PERFORM set_config('relais.adopted', adopted::text, true);
  END $$`;

/**
 * Takes over what came with a dump from another server: its rows carry numbers of transactions that this server may reach
 * in years, and whoever reads in their order would wait for that. They go on as if written now. A cursor that came with
 * them begins anew: what was relayed is relayed again, once, and consumers know it by its id.
 *
 * Call before anything reads. Changes nothing in a database that is where it always was.
 *
 * @returns how many rows were taken over
 */
export function adoptRows(db: DataSource): Promise<number> {
  return db.transaction(async (tx) => {
    await tx.query(ADOPT);
    const [found]: { adopted: number; hasCursor: boolean }[] = await tx.query(
      `SELECT current_setting('relais.adopted')::int AS adopted, to_regclass('outbox_cursor') IS NOT NULL AS "hasCursor"`,
    );
    const { adopted = 0, hasCursor = false } = found ?? {};
    if (hasCursor)
      await tx.query(
        `UPDATE outbox_cursor SET xid = '0', position = 0 WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()) OR $1`,
        [adopted > 0],
      );
    return adopted;
  });
}
