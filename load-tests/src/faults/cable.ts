import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between one replica and a server. Pulled out, it lets nothing through and says nothing about it, as a lost network. */
export class Cable {
  private readonly ends = new Set<Socket>();
  private isOut = false;

  private constructor(
    private readonly server: Server,
    /** The server's address, by way of this cable. */
    readonly url: string,
  ) {}

  /** @param target URL of the server, with its port */
  static async lay(target: string): Promise<Cable> {
    const server = createServer({ allowHalfOpen: false }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const cable = new Cable(server, Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(port) }).href);
    server.on('connection', (near) => cable.join(near, new URL(target)));
    return cable;
  }

  pull(): void {
    this.isOut = true;
    for (const end of this.ends) end.pause();
  }

  /** What was on its way arrives now. */
  plugIn(): void {
    this.isOut = false;
    for (const end of this.ends) end.resume();
  }

  close(): void {
    this.server.close();
    for (const end of this.ends) end.destroy();
  }

  private join(near: Socket, { hostname, port }: URL): void {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.ends.add(from);
      from.on('data', (bytes) => to.write(bytes)).on('error', () => undefined);
      from.on('close', () => {
        this.ends.delete(from);
        to.destroy();
      });
      if (this.isOut) from.pause();
    }
  }
}
