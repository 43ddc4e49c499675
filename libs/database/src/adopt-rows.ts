import type { DataSource } from 'typeorm';

/** Tables that are read in the order of the transactions that wrote them. */
const ORDERED = `
  SELECT c.table_name AS name FROM information_schema.columns c
  WHERE c.table_schema = 'public' AND c.column_name = 'xid' AND c.udt_name = 'xid8'
    AND c.column_default LIKE 'pg_current_xact_id%'`;
/** Of transactions that this server has not begun yet. */
const FOREIGN = 'xid >= pg_snapshot_xmax(pg_current_snapshot())';

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
    const tables: { name: string }[] = await tx.query(ORDERED);
    let adopted = 0;
    for (const { name } of tables) {
      const [, count] = (await tx.query(
        `UPDATE "${name}" SET xid = pg_current_xact_id() WHERE ${FOREIGN} RETURNING 1`,
      )) as [unknown[], number];
      adopted += count;
    }
    const [cursor]: { exists: boolean }[] = await tx.query(`SELECT to_regclass('outbox_cursor') IS NOT NULL AS exists`);
    if (cursor?.exists)
      await tx.query(`UPDATE outbox_cursor SET xid = '0', position = 0 WHERE ${FOREIGN} OR $1`, [adopted > 0]);
    return adopted;
  });
}
