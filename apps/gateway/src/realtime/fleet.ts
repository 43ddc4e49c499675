import type { Bus } from '@relais/bus';
import { type GatewayAnnounced, gatewayAnnounced } from '@relais/contracts';
import type { Clock } from '@relais/kernel';
import { chanceToTake, type Gateway } from './rollout.js';

const ANNOUNCE_EVERY_MS = 1_000;
/** Before it is ready it looks more often: what goes for its sake may go as soon as it is. */
const LOOK_EVERY_MS = 250;
const SILENT_AFTER_MS = 3_000;
/** So long after a gateway has gone, those who were sent away may still be on their way. */
const COME_BACK_WITHIN_MS = 30_000;

export interface FleetParts {
  bus: Bus;
  clock: Clock;
  replica: string;
  /** Without it this gateway says nothing of itself and takes whoever comes. */
  rollout: string | undefined;
  sockets: () => number;
  isFull: () => boolean;
}

/** The gateways as they announce themselves. Who is not heard is not there: cut off from NATS, each takes whoever comes. */
export class Fleet {
  private readonly heard = new Map<string, { said: GatewayAnnounced; atMs: number }>();
  private startedAt: string | undefined;
  private isDraining = false;
  private isStopped = false;
  private timer: NodeJS.Timeout | undefined;
  private release: () => void = () => undefined;

  constructor(private readonly parts: FleetParts) {}

  /** Hears the others from now on, and announces this gateway from the moment on that it is ready. */
  enter(isReady: () => Promise<boolean>): void {
    if (this.parts.rollout === undefined) return;
    this.release = this.parts.bus.hear(gatewayAnnounced, (said) => this.hear(said));
    void this.tick(isReady);
  }

  /** Says at once that this gateway goes; it goes on saying how many sockets it has. */
  leave(): void {
    this.isDraining = true;
    this.announce();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.release();
  }

  /** Whether the next socket is for another gateway to take. */
  isForAnother(): boolean {
    const { startedAt } = this;
    if (!startedAt) return false;
    const own = gatewayOf(this.own(startedAt));
    return Math.random() >= chanceToTake(own, this.others());
  }

  private async tick(isReady: () => Promise<boolean>): Promise<void> {
    if (this.isDraining || (await isReady())) {
      this.startedAt ??= this.parts.clock.now().toISOString();
      this.announce();
    }
    for (const [key, { atMs }] of this.heard) if (ageMs(atMs) > COME_BACK_WITHIN_MS) this.heard.delete(key);
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.tick(isReady), this.startedAt ? ANNOUNCE_EVERY_MS : LOOK_EVERY_MS);
  }

  /** Says what is so now rather than within the second. */
  announce(): void {
    if (this.startedAt) this.parts.bus.signal(gatewayAnnounced, this.own(this.startedAt));
  }

  private own(startedAt: string): GatewayAnnounced {
    const { replica, rollout = '', sockets, isFull } = this.parts;
    return { replica, rollout, startedAt, sockets: sockets(), isFull: isFull(), isDraining: this.isDraining };
  }

  /** A replica that was started again under its name is another one. */
  private hear(said: GatewayAnnounced): void {
    const isOwn = said.replica === this.parts.replica && said.startedAt === this.startedAt;
    if (!isOwn) this.heard.set(`${said.replica} ${said.startedAt}`, { said, atMs: performance.now() });
  }

  /** Those who went lately are remembered for it, without sockets. */
  private others(): Gateway[] {
    return [...this.heard.values()].flatMap(({ said, atMs }) => {
      if (ageMs(atMs) <= SILENT_AFTER_MS) return [gatewayOf(said)];
      const isGone = said.isDraining && ageMs(atMs) <= COME_BACK_WITHIN_MS;
      return isGone ? [{ ...gatewayOf(said), sockets: 0 }] : [];
    });
  }
}

const ageMs = (atMs: number): number => performance.now() - atMs;

const gatewayOf = (said: GatewayAnnounced): Gateway => ({ ...said, startedAtMs: Date.parse(said.startedAt) });
