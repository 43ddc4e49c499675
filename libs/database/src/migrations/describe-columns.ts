import type { QueryRunner } from 'typeorm';

/** Of each column: how revealing it is, what it is for, and how long it stays. */
export type Classification = Readonly<
  Record<
    string,
    Readonly<Record<string, readonly [level: 'M0' | 'M1' | 'M2' | 'M3', purpose: string, retention: string]>>
  >
>;

/** What each column may reveal, what it is for and how long it stays. */
export async function describeColumns(db: QueryRunner, classification: Classification): Promise<void> {
  for (const [table, columns] of Object.entries(classification))
    for (const [column, [level, purpose, retention]] of Object.entries(columns))
      await db.query(
        `COMMENT ON COLUMN ${table}.${column} IS 'class=${level};purpose=${purpose};retention=${retention}'`,
      );
}
