import type { Server } from 'node:http';
import { type Bus, type BusConnection, Live, Surveys } from '@relais/bus';
import { findOnlineDevices } from '@relais/contracts';
import { AppError, type Clock } from '@relais/kernel';
import type { Log } from '@relais/observability';
import type { TokenVerifier, TrustStore } from '@relais/security';
import type { Config } from '../config.js';
import type { ClientAddress } from '../http/client-address.js';
import { limitOf } from '../limits.js';
import { capacityIs } from '../metrics.js';
import type { Possession } from '../possession.js';
import type { RateLimits } from '../rate-limits.js';
import { Admission } from './admission.js';
import { AlarmMarks } from './alarm-marks.js';
import { BusWatch } from './bus-watch.js';
import type { ConnectionEvents } from './connection.js';
import { Delivery } from './delivery.js';
import { Digest } from './digest.js';
import { drainSockets } from './drain.js';
import { EntryReader } from './entry-reader.js';
import { Fleet } from './fleet.js';
import { Gate } from './gate.js';
import { Heartbeat } from './heartbeat.js';
import { Hub } from './hub.js';
import { Joining } from './joining.js';
import { Marks } from './marks.js';
import { onlineDevices } from './online-devices.js';
import { putOut } from './put-out.js';
import { Requests } from './requests.js';
import { Settling } from './settling.js';
import { SocketServer } from './socket-server.js';
import { SocketTokens } from './socket-tokens.js';
import { Streams } from './streams.js';
import { Typing } from './typing.js';

/** People whose conversations are compared at once after the bus was away. */
const PARALLEL_REJOINS = 8;

export interface RealtimeParts {
  config: Config;
  connection: BusConnection;
  bus: Bus;
  verifier: TokenVerifier;
  trust: TrustStore;
  clock: Clock;
  limits: RateLimits;
  addresses: ClientAddress;
  possession: Possession;
  log: Log;
}

/** The sockets of `/v1/realtime`: the parts of this folder, put together. */
export class Realtime {
  private readonly live: Live;
  private readonly hub: Hub;
  private readonly streams: Streams;
  private readonly delivery: Delivery;
  private readonly digest: Digest;
  private readonly marks: Marks;
  private readonly alarmMarks: AlarmMarks;
  private readonly joining: Joining;
  private readonly requests: Requests;
  private readonly heartbeat: Heartbeat;
  private readonly fleet: Fleet;
  private readonly admission: Admission;
  private readonly busWatch: BusWatch;
  private readonly sockets: SocketServer;
  private release: Array<() => void> = [];

  constructor(private readonly parts: RealtimeParts) {
    const { config, bus, connection, limits, log } = parts;
    const tokens = new SocketTokens(parts.verifier, parts.possession);
    this.live = new Live(connection, (data, subject) => this.delivery.receive(data, subject));
    const settling = new Settling(this.live);
    const reader = new EntryReader(bus, (person, stream) => this.streams.leave(person, stream));
    this.digest = new Digest(bus, () => this.streams, settling, log, config.DIGEST_MS);
    this.streams = new Streams(
      this.live,
      {
        deliver: (stream, entry) => this.delivery.handOut(stream, entry),
        read: (stream, after) => reader.read(stream, after),
      },
      (stream) => this.digest.soon(stream),
    );
    this.hub = new Hub(this.live, (person) => this.streams.leaveAll(person));
    this.delivery = new Delivery(this.hub, this.streams);
    this.marks = new Marks(bus, log);
    this.alarmMarks = new AlarmMarks(bus, log);
    const typing = new Typing(bus, this.live, this.streams, limits);
    this.requests = new Requests({
      ...{ bus, tokens, limits, typing, log, streams: this.streams },
      ...{ marks: this.marks, alarmMarks: this.alarmMarks },
    });
    this.heartbeat = new Heartbeat(this.hub, config.HEARTBEAT_MS, parts.clock);
    this.joining = new Joining({
      ...{ bus, tokens, limits, log, settling, hub: this.hub, streams: this.streams },
      heartbeatMs: config.HEARTBEAT_MS,
      isBusUp: () => connection.isUp(),
      joined: (joined) => this.heartbeat.add(joined),
    });
    this.fleet = new Fleet({
      ...{ bus, clock: parts.clock, replica: config.REPLICA, rollout: config.ROLLOUT },
      sockets: () => this.sockets.size,
      isFull: () => this.admission.isFull(),
    });
    this.admission = new Admission(config.ADMISSION_PER_SECOND, config.MAX_CONNECTIONS, {
      isForAnother: () => this.fleet.isForAnother(),
      filled: () => this.fleet.announce(),
    });
    this.busWatch = new BusWatch(connection, this.hub, this.admission);
    this.sockets = new SocketServer({
      ...{ limits, admission: this.admission, addresses: parts.addresses, hub: this.hub },
      events: this.connectionEvents(),
      allowedOrigins: new Set(config.ALLOWED_ORIGINS),
      frameLimits: {
        frames: limitOf('framesPerSocket', config.RATE_LIMIT_FACTOR),
        flood: limitOf('floodPerSocket', config.RATE_LIMIT_FACTOR),
      },
    });
    capacityIs(config.MAX_CONNECTIONS);
  }

  /** Takes the upgrade requests of this server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => void this.sockets.upgrade(request, socket, head));
    const { trust, connection, clock } = this.parts;
    this.release = [
      trust.onRevoked((revocations) => void putOut({ hub: this.hub, trust, clock }, revocations)),
      connection.onReconnect(() => void this.findWhatWasMissed()),
      new Surveys(connection).answer(findOnlineDevices, (question) => onlineDevices(this.hub, question)),
    ];
    this.heartbeat.start();
    this.digest.start();
    this.busWatch.start();
  }

  /** One of the gateways from the moment on that it is ready. */
  enterFleet(isReady: () => Promise<boolean>): void {
    this.fleet.enter(isReady);
  }

  /** From now on others are to take new sockets; where there is nobody else, this one still does. */
  leaveFleet(): void {
    this.fleet.leave();
  }

  /** No new sockets from now on. */
  refuse(): void {
    this.admission.closeFor('draining');
  }

  /** Closes all sockets, spread over the drain window, and lets go of everything. */
  async close(): Promise<void> {
    this.refuse();
    const { cut, durationMs } = await drainSockets(this.hub, this.parts.config.DRAIN_MS, () => this.sockets.size);
    this.parts.log.info({ event: 'realtime.drained', durationMs, count: cut });
    this.heartbeat.stop();
    this.digest.stop();
    this.busWatch.stop();
    for (const release of this.release) release();
    await Promise.all([this.marks.flush(), this.alarmMarks.flush()]);
    this.sockets.cutAll();
    this.fleet.stop();
    this.streams.close();
  }

  private connectionEvents(): ConnectionEvents {
    return {
      hello: (connection, hello) => void this.joining.hello(connection, hello),
      frame: (connection, frame, isLimited) => this.requests.take(connection, frame, isLimited),
      malformed: (connection, n) => this.requests.refuse(connection, n, new AppError('invalid', 'invalid_request')),
      closing: (connection) => this.hub.remove(connection),
    };
  }

  /** The bus was away: entries and memberships published meanwhile never came. */
  private async findWhatWasMissed(): Promise<void> {
    await this.digest.now();
    const gate = new Gate(PARALLEL_REJOINS);
    const rejoins = [...this.hub.everyone()].map((person) => gate.run(() => this.joining.rejoin(person)));
    const failed = (await Promise.allSettled(rejoins)).filter(({ status }) => status === 'rejected').length;
    if (failed > 0) this.parts.log.warn({ event: 'realtime.rejoin_failed', count: failed });
  }
}
