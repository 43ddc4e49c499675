import type { Bus } from '@relais/bus';
import { readHeads } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import type { ConversationStream } from './conversation-stream.js';
import type { Settling } from './settling.js';
import type { Streams } from './streams.js';

const MAX_PER_REQUEST = 1_000;
/** Conversations that became interesting within this time are asked for together. */
const GATHER_MS = 50;

/**
 * Looks for what no sequence number can show: that the last entry was lost. Every so often, and after each reconnect,
 * it compares the heads of all conversations held here with those of the log; new ones are compared at once.
 */
export class Digest {
  private fresh = new Set<ConversationStream>();
  private gathering: NodeJS.Timeout | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    private readonly bus: Bus,
    private readonly streams: () => Streams,
    private readonly settling: Settling,
    private readonly log: Log,
    private readonly everyMs: number,
  ) {}

  start(): void {
    this.timer = setTimeout(() => void this.turn(), this.everyMs * (0.5 + 0.5 * Math.random()));
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.gathering);
  }

  /** The conversation was subscribed just now: whatever came before that is looked for. */
  soon(stream: ConversationStream): void {
    this.fresh.add(stream);
    this.gathering ??= setTimeout(() => void this.compareFresh(), GATHER_MS);
  }

  /** Compares all conversations, one request after the other, as fast as messaging answers. */
  async now(): Promise<void> {
    for (const chunk of chunks(this.streams().all())) await this.compare(chunk);
  }

  private async compareFresh(): Promise<void> {
    this.gathering = undefined;
    const fresh = this.fresh;
    this.fresh = new Set();
    await this.settling.settled().catch(() => undefined);
    for (const chunk of chunks(fresh)) await this.compare(chunk);
  }

  /** One turn over all conversations, spread over the time there is, so that messaging sees a trickle and no wave. */
  private async turn(): Promise<void> {
    const due = chunks(this.streams().all());
    const pauseMs = this.everyMs / (due.length + 1);
    for (const chunk of due) {
      if (this.isStopped) return;
      await this.compare(chunk);
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    }
    if (!this.isStopped) this.timer = setTimeout(() => void this.turn(), pauseMs * (0.75 + 0.5 * Math.random()));
  }

  private async compare({ organizationId, streams }: Chunk): Promise<void> {
    const conversationIds = streams.map(({ conversationId }) => conversationId);
    try {
      const { heads } = await this.bus.request(readHeads, { organizationId, conversationIds });
      for (const [id, head] of heads) this.streams().find(organizationId, id)?.sighted(head);
    } catch (error) {
      this.log.debug({ event: 'digest.failed', error, count: streams.length });
    }
  }
}

interface Chunk {
  organizationId: OrganizationId;
  streams: ConversationStream[];
}

function chunks(all: Iterable<ConversationStream>): Chunk[] {
  const byOrganization = new Map<OrganizationId, ConversationStream[]>();
  for (const stream of all) {
    const mates = byOrganization.get(stream.organizationId);
    if (mates) mates.push(stream);
    else byOrganization.set(stream.organizationId, [stream]);
  }
  return [...byOrganization].flatMap(([organizationId, streams]) =>
    Array.from({ length: Math.ceil(streams.length / MAX_PER_REQUEST) }, (_, page) => ({
      organizationId,
      streams: streams.slice(page * MAX_PER_REQUEST, (page + 1) * MAX_PER_REQUEST),
    })),
  );
}
