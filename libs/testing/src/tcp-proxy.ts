import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Stands between a client and a server, so that a test can take the server away from this client alone: gone (`cut`)
 * or silent (`freeze`), as a killed process and a lost network look from here.
 */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private isFrozen = false;
  private counting: { left: number; done: () => void } | undefined;

  private constructor(
    private readonly server: Server,
    private target: URL,
    private readonly port: number,
  ) {}

  /** @param target URL of the real server, with its port. */
  static async open(target: string): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new TcpProxy(server, new URL(target), (server.address() as AddressInfo).port);
    server.on('connection', (client) => proxy.join(client));
    return proxy;
  }

  /** The target's URL, by way of this proxy. */
  get url(): string {
    return Object.assign(new URL(this.target), { hostname: '127.0.0.1', port: String(this.port) }).href;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.sockets.size / 2;
  }

  /** Breaks all connections and refuses new ones. */
  async cut(): Promise<void> {
    if (this.server.listening) this.server.close();
    this.breakConnections();
  }

  /** Breaks all connections; new ones are welcome. */
  breakConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Takes connections again after `cut`, on the same port. */
  async restore(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Lets nothing through any more in either direction, and says nothing about it. */
  freeze(): void {
    this.isFrozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** Resolves when clients have sent so many times more. The last is passed on, and then it freezes: see `freeze`. */
  freezeAfter(sends: number): Promise<void> {
    return new Promise((done) => {
      this.counting = { left: sends, done };
    });
  }

  /** Lets everything through again, and first what was held back. */
  thaw(): void {
    this.isFrozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  /** Leads new connections to another server from now on; `url` stays. */
  leadTo(target: string): void {
    this.target = new URL(target);
  }

  async close(): Promise<void> {
    await this.cut();
  }

  private join(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (data) => {
        to.write(data);
        if (from === client) this.count();
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.isFrozen) from.pause();
    }
  }

  private count(): void {
    if (!this.counting || --this.counting.left > 0) return;
    this.freeze();
    this.counting.done();
    this.counting = undefined;
  }
}
