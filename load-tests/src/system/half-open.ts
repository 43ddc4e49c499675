import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { SUBPROTOCOL } from '@relais/contracts';
import type { RelaisSession } from '@relais/sdk';
import { helloOf } from './credentials.js';

const FIN = 0x80;
const [TEXT, CLOSE] = [0x1, 0x8];

/**
 * A TCP peer that says hello and then nothing more, not even that it is gone: what is left of a telephone in a tunnel. It
 * does not answer heartbeats, closings or anything else; what it is sent is kept.
 */
export class HalfOpen {
  private received = Buffer.alloc(0);
  /** When the other side gave the connection up, in ms of the steady clock. */
  endedAtMs: number | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => (this.received = Buffer.concat([this.received, bytes])));
    for (const end of ['end', 'close']) socket.on(end, () => (this.endedAtMs ??= performance.now()));
  }

  static async open(gateway: string, session: RelaisSession): Promise<HalfOpen> {
    const { hostname, port, host } = new URL(gateway);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await once(socket, 'connect');
    const peer = new HalfOpen(socket);
    const headers = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Host: ${host}`];
    const key = `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`;
    const protocol = `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`;
    socket.write(`${['GET /v1/realtime HTTP/1.1', ...headers, key, protocol].join('\r\n')}\r\n\r\n`);
    await peer.until('101 Switching Protocols');
    socket.write(masked(Buffer.from(JSON.stringify(helloOf(session, gateway)))));
    await peer.until('"type":"ready"');
    return peer;
  }

  /** Code and reason of the close frame, once there is one. */
  get closing(): { code: number; reason: string } | undefined {
    const at = this.received.lastIndexOf(Buffer.from([FIN | CLOSE]));
    const length = at < 0 ? undefined : this.received[at + 1];
    if (length === undefined || at + 2 + length !== this.received.length) return undefined;
    return { code: this.received.readUInt16BE(at + 2), reason: this.received.subarray(at + 4).toString() };
  }

  close(): void {
    this.socket.destroy();
  }

  private async until(words: string): Promise<void> {
    while (!this.received.includes(words)) {
      if (this.endedAtMs) throw new Error(`closed: ${this.received.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** A text frame as clients send them: masked. */
function masked(text: Buffer): Buffer {
  const mask = randomBytes(4);
  const length = Buffer.from([FIN | TEXT, 0x80 | 126, text.length >> 8, text.length & 0xff]);
  return Buffer.concat([length, mask, text.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}
