import { type AlarmTold, type Entry, type ServerFrame, SUBPROTOCOL } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import type { RelaisSession } from '@relais/sdk';
import { WebSocket } from 'ws';
import { opened } from './driver.js';

/** A socket that speaks the protocol and nothing more, so that the generator costs as little as it can. */
export class RelaisSocket {
  onEntry: (entry: Entry) => void = () => undefined;
  onAnswer: (n: number, frame: ServerFrame) => void = () => undefined;
  onAlarm: (told: AlarmTold) => void = () => undefined;
  onClosed: (code: number) => void = () => undefined;
  private n = 0;

  private constructor(
    private readonly socket: WebSocket,
    private readonly prove: (accessToken: string) => { token: string; proof: string },
  ) {
    socket.on('message', (data: Buffer) => this.heard(JSON.parse(data.toString()) as ServerFrame));
    socket.on('close', (code) => this.onClosed(code));
    socket.on('error', () => undefined);
  }

  /** Connects, says hello and resolves when it is ready. */
  static async open(gateway: string, session: RelaisSession): Promise<RelaisSocket> {
    const socket = new WebSocket(`${gateway.replace('http', 'ws')}/v1/realtime`, SUBPROTOCOL, {
      perMessageDeflate: false,
    });
    const url = `${gateway}/v1/realtime`;
    const relais = new RelaisSocket(socket, (accessToken) => ({
      token: accessToken,
      proof: session.proof({ method: 'GET', url, accessToken }),
    }));
    await opened(socket);
    const ready = new Promise<void>((resolve, reject) => {
      relais.onReady = resolve;
      relais.onClosed = (code) => reject(new Error(`closed with ${code} before it was ready`));
    });
    socket.send(JSON.stringify({ type: 'hello', ...relais.prove(await session.accessToken()) }));
    await ready;
    relais.onClosed = () => undefined;
    return relais;
  }

  /** @returns the number its answer will carry. */
  append(conversationId: ConversationId, text: string): number {
    const n = ++this.n;
    this.socket.send(
      JSON.stringify({
        type: 'append',
        n,
        conversationId,
        entry: { id: newId<EntryId>(), kind: 'message', body: { text } },
      }),
    );
    return n;
  }

  /** The device has it, and shows it. */
  markAlarm(round: { alarmId: string; step: number; cycle: number }): void {
    const marks = [{ ...round, path: 'socket', state: 'shown' }];
    this.socket.send(JSON.stringify({ type: 'alarm_mark', marks }));
  }

  /** Goes on with a new token, as a client does before the old one runs out. */
  renew(token: string): void {
    this.socket.send(JSON.stringify({ type: 'token', n: ++this.n, ...this.prove(token) }));
  }

  close(): void {
    this.socket.terminate();
  }

  private onReady: () => void = () => undefined;

  private heard(frame: ServerFrame): void {
    if (frame.type === 'entry') this.onEntry(frame.entry);
    else if (frame.type === 'alarm') this.onAlarm(frame);
    else if (frame.type === 'answer' || frame.type === 'refusal') this.onAnswer(frame.n, frame);
    else if (frame.type === 'ready') this.onReady();
    else if (frame.type === 'heartbeat') this.socket.send('{"type":"alive"}');
  }
}
