import type { EventStream, StreamState } from '@relais/bus';
import { counter, type Log, RepeatedFailure } from '@relais/observability';
import type { DataSource } from 'typeorm';
import { onEnqueued } from './outbox.js';
import { OutboxBacklog } from './outbox-backlog.js';

const published = counter('relais_outbox_published_total', 'Events handed to the stream');
const rebuilds = counter('relais_outbox_rebuilds_total', 'Times the stream was found lost or behind and filled again');

export interface RelayOptions {
  /** This replica; whoever holds the lease relays, the others wait for it to lapse. */
  owner: string;
  /** Between two looks while there is something to relay; a second once it has been quiet. */
  pollMs: number;
  batchSize: number;
  leaseMs: number;
  retentionHours: number;
  log: Log;
}

interface Row {
  xid: string;
  position: string;
  id: string;
  subject: string;
  /** Null while a transaction before its own is under way, from which something may still come before it. */
  data: string | null;
  age_seconds: number;
}

type Settled = Row & { data: string };

interface CursorRow {
  xid: string;
  position: string;
  stream_created: string;
  stream_seq: string;
}

const RECONCILE_MS = 5 * 60_000;
const HOUSEKEEPING_MS = 60_000;
/** What was quiet for so long is looked at only every second, unless it is woken. */
const RESTS_AFTER_MS = 2_000;
const REST_MS = 1_000;
/** A full batch does not say how many more wait: they are counted so often, and up to so many. */
const COUNT_MS = 1_000;
const MAX_COUNTED = 10_000;
/** Gathers the commits of a busy moment into one read. */
const WAKE_MS = 25;

/**
 * Moves events from the outbox to the stream: at least once, in commit order, by one replica at a time. The lease and
 * the fenced cursor live in one row, so a relay that was frozen and has lost the lease cannot move the cursor.
 */
export class OutboxRelay {
  private running: Promise<void> | undefined;
  private isStopped = false;
  private wakeUp: (() => void) | undefined;
  /** Woken in the middle of a round, whose read may have come too early for it. */
  private isWoken = false;
  private reconciledAtMs = 0;
  private tidiedAtMs = 0;
  private leasedUntilMs = 0;
  private movedAtMs = 0;
  private cursor = { xid: '0', position: '0' };
  private countedAtMs = 0;
  private stream: StreamState | undefined;
  private readonly backlog = new OutboxBacklog();
  private readonly failure: RepeatedFailure;

  constructor(
    private readonly db: DataSource,
    private readonly events: EventStream,
    private readonly options: RelayOptions,
  ) {
    this.failure = new RepeatedFailure(options.log, {
      level: 'warn',
      failed: 'outbox.relay_failed',
      recovered: 'outbox.relay_recovered',
    });
  }

  start(): void {
    onEnqueued(this.db, () => this.wake());
    this.backlog.open();
    this.running = this.run();
  }

  /** Finishes the batch at hand and gives the lease back. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.wakeUp?.();
    await this.running;
    this.backlog.close();
    await this.db
      .query(`UPDATE outbox_cursor SET leased_until = '-infinity' WHERE name = 'relay' AND owner = $1`, [
        this.options.owner,
      ])
      .catch(() => undefined);
  }

  /** Something was committed: look now instead of at the next poll. Only the replica with the lease has work. */
  wake(): void {
    if (this.leasedUntilMs === 0) return;
    this.isWoken = true;
    this.wakeUp?.();
  }

  /** The connection to NATS came back; the stream may not be the one it was. */
  suspect(): void {
    this.reconciledAtMs = 0;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.isWoken = false;
      const moved = await this.round();
      if (moved > 0) this.movedAtMs = performance.now();
      if (moved < this.options.batchSize) await this.sleep();
    }
  }

  /** @returns how many events it moved: none when it failed */
  private async round(): Promise<number> {
    try {
      const moved = await this.step();
      this.failure.succeeded();
      return moved;
    } catch (error) {
      this.failure.failed(error);
      // Whose lease has run out does not know what waits: somebody else may relay it.
      if (this.leasedUntilMs < performance.now()) this.backlog.clear();
      this.leasedUntilMs = 0;
      return 0;
    }
  }

  private async step(): Promise<number> {
    if (!(await this.holdLease())) return 0;
    await this.reconcile();
    await this.tidy();
    const rows = await this.read();
    await this.see(rows);
    const settled = rows.filter((row): row is Settled => row.data !== null);
    if (settled.length === 0) return 0;
    const seqs = await Promise.all(settled.map((row) => this.events.publish(row.subject, row.id, row.data)));
    const { created } = this.stream as StreamState;
    await this.moveCursor(settled.at(-1) as Row, { created, lastSeq: seqs.at(-1) as number });
    published.inc(settled.length);
    if (this.areAll(rows)) await this.see(rows.slice(settled.length));
    return settled.length;
  }

  private areAll(rows: readonly Row[]): boolean {
    return rows.length < this.options.batchSize;
  }

  /** Remembers what waits, given the oldest of it. */
  private async see(rows: readonly Row[]): Promise<void> {
    if (this.areAll(rows)) this.backlog.is(rows.length, rows[0]?.age_seconds ?? 0);
    else if (performance.now() - this.countedAtMs > COUNT_MS) await this.count();
  }

  private async count(): Promise<void> {
    const [waiting] = (await this.db.query(
      `SELECT count(*)::int AS events,
              coalesce(extract(epoch FROM clock_timestamp() - min(w.created_at)), 0)::float8 AS age_seconds
       FROM (SELECT o.created_at FROM outbox o WHERE (o.xid, o.position) > ($1::xid8, $2::bigint)
             ORDER BY o.xid, o.position LIMIT $3) w`,
      [this.cursor.xid, this.cursor.position, MAX_COUNTED],
    )) as [{ events: number; age_seconds: number }];
    this.backlog.is(waiting.events, waiting.age_seconds);
    this.countedAtMs = performance.now();
  }

  /** Takes or renews the lease by the database's clock. Renewed at half time, so most rounds cost nothing. */
  private async holdLease(): Promise<boolean> {
    if (this.leasedUntilMs - performance.now() > this.options.leaseMs / 2) return true;
    const askedAtMs = performance.now();
    const row = await this.askForLease();
    if (!row) {
      this.leasedUntilMs = 0;
      this.backlog.clear();
      return false;
    }
    if (this.leasedUntilMs < askedAtMs) this.reconciledAtMs = 0;
    this.leasedUntilMs = askedAtMs + this.options.leaseMs;
    this.cursor = { xid: row.xid, position: row.position };
    this.stream = { created: row.stream_created, lastSeq: Number(row.stream_seq) };
    return true;
  }

  private async askForLease(): Promise<CursorRow | undefined> {
    const [rows] = (await this.db.query(
      `UPDATE outbox_cursor SET owner = $1, leased_until = clock_timestamp() + $2 * interval '1 millisecond'
       WHERE name = 'relay' AND (owner = $1 OR leased_until < clock_timestamp())
       RETURNING xid::text, position::text, stream_created, stream_seq::text`,
      [this.options.owner, this.options.leaseMs],
    )) as [CursorRow[], number];
    return rows[0];
  }

  /**
   * A stream that is new, or has lost its end, has lost events: start again from the oldest one still kept. Which
   * stream it is goes to the row at once, because the next renewal of the lease reads it back.
   */
  private async reconcile(): Promise<void> {
    if (performance.now() - this.reconciledAtMs < RECONCILE_MS && this.reconciledAtMs > 0) return;
    // Before the stream is asked, which fails where NATS is away: then this is all that is seen of what waits.
    await this.count();
    const now = await this.events.ensure();
    const before = this.stream as StreamState;
    const isLost = before.created !== '' && (before.created !== now.created || (await this.hasLostEnd(before)));
    if (isLost) {
      this.options.log.warn({ event: 'outbox.stream_rebuilt', stream: now.created });
      rebuilds.inc();
      this.cursor = { xid: '0', position: '0' };
    }
    this.stream = { created: now.created, lastSeq: isLost ? 0 : before.lastSeq };
    if (isLost || before.created === '') await this.moveCursor(this.cursor, this.stream);
    this.reconciledAtMs = performance.now();
  }

  /**
   * Others write to the stream as well, so its own last seq does not tell: it may have lost ours and taken theirs since.
   * An event that the stream may have let go of because of its age tells nothing.
   */
  private async hasLostEnd({ lastSeq }: StreamState): Promise<boolean> {
    const [last] = (await this.db.query(
      `SELECT o.subject FROM outbox o WHERE o.xid = $1::xid8 AND o.position = $2::bigint
         AND o.created_at > clock_timestamp() - $3 * interval '1 hour'`,
      [this.cursor.xid, this.cursor.position, this.options.retentionHours / 2],
    )) as { subject: string }[];
    return last !== undefined && (await this.events.lastSeqOf(last.subject)) < lastSeq;
  }

  /** The oldest that are committed: first those that may be published, then those that wait for older transactions. */
  private read(): Promise<Row[]> {
    return this.db.query(
      `SELECT o.xid::text, o.position::text, o.id, o.subject,
              CASE WHEN o.xid < pg_snapshot_xmin(pg_current_snapshot()) THEN o.data::text END AS data,
              extract(epoch FROM clock_timestamp() - o.created_at)::float8 AS age_seconds
       FROM outbox o
       WHERE (o.xid, o.position) > ($1::xid8, $2::bigint)
       ORDER BY o.xid, o.position LIMIT $3`,
      [this.cursor.xid, this.cursor.position, this.options.batchSize],
    );
  }

  private async moveCursor(to: { xid: string; position: string }, stream: StreamState): Promise<void> {
    const [, moved] = (await this.db.query(
      `UPDATE outbox_cursor SET xid = $2::xid8, position = $3, stream_created = $4, stream_seq = $5
       WHERE name = 'relay' AND owner = $1 RETURNING name`,
      [this.options.owner, to.xid, to.position, stream.created, stream.lastSeq],
    )) as [unknown[], number];
    if (moved === 0) throw new Error('lost the lease while publishing');
    this.cursor = { xid: to.xid, position: to.position };
    this.stream = stream;
  }

  /** Forgets what was relayed longer ago than a lost stream could be rebuilt from. */
  private async tidy(): Promise<void> {
    if (performance.now() - this.tidiedAtMs < HOUSEKEEPING_MS && this.tidiedAtMs > 0) return;
    this.tidiedAtMs = performance.now();
    const { retentionHours } = this.options;
    await this.db.query(
      `DELETE FROM outbox o WHERE (o.xid, o.position) IN (
         SELECT p.xid, p.position FROM outbox p
         WHERE p.created_at < clock_timestamp() - $1 * interval '1 hour' AND (p.xid, p.position) <= ($2::xid8, $3::bigint)
         ORDER BY p.xid, p.position LIMIT 10000)`,
      [retentionHours, this.cursor.xid, this.cursor.position],
    );
    await this.db.query(`DELETE FROM inbox i WHERE i.received_at < clock_timestamp() - $1 * interval '1 hour'`, [
      retentionHours * 2,
    ]);
  }

  private get pauseMs(): number {
    const { pollMs } = this.options;
    return performance.now() - this.movedAtMs < RESTS_AFTER_MS ? pollMs : Math.max(pollMs, REST_MS);
  }

  private async sleep(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.pauseMs);
      this.wakeUp = () => {
        this.wakeUp = undefined;
        setTimeout(resolve, WAKE_MS);
      };
      if (this.isStopped) resolve();
      if (this.isWoken) this.wakeUp();
    });
    clearTimeout(timer);
    this.wakeUp = undefined;
  }
}
