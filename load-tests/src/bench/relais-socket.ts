import { type AlarmTold, type Entry, type ServerFrame, SUBPROTOCOL } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import type { RelaisSession } from '@relais/sdk';
import { WebSocket } from 'ws';
import { opened } from './driver.js';

const PATH = '/v1/realtime';

/** A socket that speaks the protocol and nothing more, so that the generator costs as little as it can. */
export class RelaisSocket {
  onEntry: (entry: Entry) => void = () => undefined;
  onAnswer: (n: number, frame: ServerFrame) => void = () => undefined;
  onAlarm: (told: AlarmTold) => void = () => undefined;
  onClosed: (code: number) => void = () => undefined;
  private n = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.heard(JSON.parse(data.toString()) as ServerFrame));
    socket.on('close', (code) => this.onClosed(code));
    socket.on('error', () => undefined);
  }

  /** Connects, says hello and resolves when it is ready. */
  static async open(gateway: string, session: RelaisSession): Promise<RelaisSocket> {
    return RelaisSocket.openWith(gateway, await RelaisSocket.hello(gateway, session));
  }

  static async openWith(gateway: string, hello: string): Promise<RelaisSocket> {
    const socket = new WebSocket(`${gateway.replace('http', 'ws')}${PATH}`, SUBPROTOCOL, { perMessageDeflate: false });
    const relais = new RelaisSocket(socket);
    await opened(socket);
    const ready = new Promise<void>((resolve, reject) => {
      relais.onReady = resolve;
      relais.onClosed = (code) => reject(new Error(`closed with ${code} before it was ready`));
    });
    socket.send(hello);
    await ready;
    relais.onClosed = () => undefined;
    return relais;
  }

  /** The first frame of a socket to this gateway, good for one socket that is opened soon. */
  static async hello(gateway: string, session: RelaisSession): Promise<string> {
    const token = await session.accessToken();
    const proof = session.proof({ method: 'GET', url: `${gateway}${PATH}`, accessToken: token });
    return JSON.stringify({ type: 'hello', token, proof });
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
