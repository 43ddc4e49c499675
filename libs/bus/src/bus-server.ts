import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { COMMON_ERRORS, type RequestContract, invalidRequest } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { counter, gauge, histogram, type Log, isTracing, type ReadinessCheck, traced } from '@relais/observability';
import { type Principal, TokenVerifier } from '@relais/security';
import type { BusConnection } from './connect.js';
import { atEndOfTurn, endOfTurn } from './end-of-turn.js';
import { type RequestContext, ServesContract } from './serves.js';
import { encodeFailure, encodeSuccess, HEADER, parseJson, toBytes } from './wire.js';

/** Told of requests that were refused for want of permission, after the answer. */
export type RefusalListener = (contract: RequestContract, principal: Principal, error: AppError) => void;

type Handler = (input: unknown, context: RequestContext) => Promise<unknown>;

const DEFAULT_TIMEOUT_MS = 2_000;
/** More requests than this at work in one replica are refused at once, so that the ones inside still finish in time. */
const MAX_IN_FLIGHT = 2_000;

const served = counter('relais_bus_requests_total', 'Requests answered, by contract and outcome', [
  'subject',
  'outcome',
]);
const duration = histogram('relais_bus_request_duration_seconds', 'Time to answer a request', ['subject']);
const inFlight = gauge('relais_bus_in_flight_requests', 'Requests at work in this replica');

/** Serves the contracts of one service over NATS; its replicas share the work as a queue group. */
@Injectable()
export class BusServer implements OnApplicationBootstrap {
  private readonly subscriptions: Subscription[] = [];
  private readonly working = new Set<Promise<void>>();

  constructor(
    private readonly connection: BusConnection,
    private readonly verifier: TokenVerifier,
    private readonly log: Log,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly onRefused: RefusalListener = () => undefined,
  ) {}

  onApplicationBootstrap(): void {
    const classes = this.discovery.getProviders().filter(({ isNotMetatype, instance }) => !isNotMetatype && instance);
    for (const wrapper of [...this.discovery.getControllers(), ...classes]) {
      const owner = wrapper.instance as Record<string, Handler>;
      for (const method of this.scanner.getAllMethodNames(Object.getPrototypeOf(owner) as object)) {
        const contract = this.discovery.getMetadataByDecorator(ServesContract, wrapper, method);
        if (contract) this.serve(contract, (input, context) => (owner[method] as Handler).call(owner, input, context));
      }
    }
    this.subscriptions.push(
      this.connection.nats.subscribe(this.pingSubject, { callback: (_, message) => void message.respond() }),
    );
  }

  /** The subjects this replica answers. */
  get subjects(): string[] {
    return this.subscriptions.map((subscription) => subscription.getSubject());
  }

  /**
   * True when messages really arrive: NATS closes a subscription it denies and says nothing else, so the connection
   * being up proves nothing.
   */
  readonly readiness: ReadinessCheck = {
    name: 'nats',
    check: async () => {
      if (!this.connection.isUp()) throw new Error('not connected');
      await this.connection.nats.request(this.pingSubject, undefined, { timeout: 1_000 });
      const denied = this.subscriptions.filter((subscription) => subscription.isClosed());
      if (denied.length > 0)
        throw new Error(`not allowed to subscribe to ${denied.map((s) => s.getSubject()).join(', ')}`);
    },
  };

  /** Takes no new requests and waits for those at work. */
  async drain(): Promise<void> {
    await Promise.all(this.subscriptions.filter((s) => !s.isClosed()).map((s) => s.drain()));
    await Promise.allSettled(this.working);
    await endOfTurn();
  }

  private get pingSubject(): string {
    return `node.${this.connection.service}.${this.connection.replica}.ping.v1`;
  }

  private serve(contract: RequestContract, handler: Handler): void {
    const subscription = this.connection.nats.subscribe(contract.subject, {
      queue: this.connection.service,
      callback: (error, message) => {
        if (error) return this.log.error({ event: 'bus.subscription_failed', subject: contract.subject, error });
        const work: Promise<void> = this.answer(contract, message, handler).finally(() => {
          this.working.delete(work);
          inFlight.set(this.working.size);
        });
        this.working.add(work);
        inFlight.set(this.working.size);
      },
    });
    this.subscriptions.push(subscription);
  }

  private async answer(contract: RequestContract, message: Msg, handler: Handler): Promise<void> {
    const startedAt = performance.now();
    const { subject } = contract;
    let context: RequestContext | undefined;
    try {
      if (this.working.size > MAX_IN_FLIGHT)
        throw new AppError('unavailable', 'overloaded', undefined, { retryAfterMs: 500 });
      const input = contract.input.safeParse(parseJson(message.string()));
      if (!input.success) throw invalidRequest(input.error);
      context = await this.contextOf(contract, message, startedAt);
      const output = await this.handle(contract, message, () => handler(input.data, context as RequestContext));
      this.respond(message, encodeSuccess(output));
      served.inc({ subject, outcome: 'ok' });
    } catch (error) {
      const failure = this.understand(contract, error);
      this.respond(message, encodeFailure(failure));
      if (failure.code === 'forbidden' && context && contract.access === 'user')
        this.onRefused(contract, context.principal, failure);
    } finally {
      duration.observe({ subject }, (performance.now() - startedAt) / 1_000);
    }
  }

  private handle(contract: RequestContract, message: Msg, work: () => Promise<unknown>): Promise<unknown> {
    if (!isTracing()) return work();
    const { subject } = contract;
    const attributes = { 'messaging.system': 'nats', 'messaging.destination.name': subject };
    const parent = message.headers?.get(HEADER.trace);
    return traced({ name: `answer ${subject}`, kind: 'server', attributes, parent }, work);
  }

  /**
   * A connection that was closed meanwhile takes no answer; the asker times out. An answer larger than NATS lets pass is
   * refused there and then: the asker is told so, and nobody else's answer of this turn is lost.
   */
  private respond(message: Msg, answer: string): void {
    atEndOfTurn(() => {
      if (this.connection.nats.isClosed()) return;
      try {
        message.respond(toBytes(answer));
      } catch (error) {
        this.log.error({ event: 'bus.answer_refused', subject: message.subject, bytes: answer.length, error });
        message.respond(encodeFailure(new AppError('internal', 'internal_error')));
      }
    });
  }

  private async contextOf(contract: RequestContract, message: Msg, startedAt: number): Promise<RequestContext> {
    const timeoutMs = Number(message.headers?.get(HEADER.timeoutMs)) || DEFAULT_TIMEOUT_MS;
    const isAbandoned = () => performance.now() - startedAt > timeoutMs;
    if (contract.access !== 'user') return Object.assign(Object.create(nobody) as typeof nobody, { isAbandoned });
    const token = message.headers?.get(HEADER.token);
    if (!token) throw new AppError('unauthenticated', 'token_missing');
    return { principal: await this.verifier.verify(token, contract), isAbandoned };
  }

  /** Errors the contract does not declare are bugs, whoever threw them. */
  private understand(contract: RequestContract, thrown: unknown): AppError {
    const error = AppError.from(thrown);
    const isDeclared = Object.hasOwn(contract.errors, error.code) || Object.hasOwn(COMMON_ERRORS, error.code);
    served.inc({ subject: contract.subject, outcome: isDeclared ? error.code : 'internal_error' });
    if (isDeclared && error.kind !== 'internal') return error;
    this.log.error({ event: 'bus.handler_failed', subject: contract.subject, error: thrown });
    return new AppError('internal', 'internal_error');
  }
}

const nobody = {
  get principal(): Principal {
    throw new Error('a contract without access "user" has no principal');
  },
};
