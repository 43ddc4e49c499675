import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { pick, type Random } from './random.js';

/**
 * A load balancer on loopback: one address for all gateways. Each connection goes to one of the targets of that moment, at random;
 * a target that is taken out keeps the connections it has.
 */
export class Balancer {
  private readonly held = new Map<string, Set<Socket>>();
  private targets: readonly string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly random: Random,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async open(random: Random): Promise<Balancer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Balancer(server, random);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Base addresses of those who are sent connections from now on. */
  leadTo(targets: readonly string[]): void {
    this.targets = targets;
  }

  /** Connections that a target has through here. */
  heldBy(target: string): number {
    return this.held.get(target)?.size ?? 0;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const clients of this.held.values()) for (const client of clients) client.destroy();
    await closed;
  }

  private join(client: Socket): void {
    client.on('error', ignore);
    if (this.targets.length === 0) return void client.destroy();
    const target = pick(this.random, this.targets);
    const { hostname, port } = new URL(target);
    const server = connect(Number(port), hostname).on('error', ignore);
    const held = this.held.get(target) ?? new Set();
    this.held.set(target, held.add(client));
    client.once('close', () => held.delete(client));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.pipe(to);
      from.once('close', () => to.destroy());
    }
  }
}

/** What breaks closes, and then the other end is closed, too. */
const ignore = (): void => undefined;
