import type { Socket } from 'node:net';
import { ProbeFailure } from './probe-failure.js';

const MAX_BYTES = 64 * 1_024;

/** The client's side of SMTP as far as a look needs it (RFC 5321, 4.2): a command, and a reply of one or more lines. */
export class SmtpTalk {
  private said = '';
  private waiting: (() => void) | undefined;
  private isOver = false;

  constructor(private readonly socket: Socket) {
    socket.on('data', this.hear);
    socket.on('close', this.end);
    socket.on('error', this.end);
  }

  async say(command: string, code: number): Promise<string[]> {
    this.socket.write(`${command}\r\n`);
    return this.expect(code);
  }

  /** @returns the texts of the reply's lines. @throws ProbeFailure `bad_answer`, `too_large`, `unreachable` */
  async expect(code: number): Promise<string[]> {
    for (;;) {
      const reply = /^(?:\d{3}-[^\r\n]*\r?\n)*\d{3}(?: [^\r\n]*)?\r?\n/.exec(this.said)?.[0];
      if (reply !== undefined) {
        this.said = this.said.slice(reply.length);
        const lines = reply.trimEnd().split(/\r?\n/);
        if (!lines.every((line) => line.startsWith(String(code))))
          throw new ProbeFailure('bad_answer', `the mail server answers ${lines[0]?.slice(0, 3)}`);
        return lines.map((line) => line.slice(4));
      }
      if (/^(?!\d{3}[ -]|\d{0,3}$)/.test(this.said) || this.said.length > MAX_BYTES)
        throw new ProbeFailure(this.said.length > MAX_BYTES ? 'too_large' : 'bad_answer', 'this is no mail server');
      if (this.isOver) throw new ProbeFailure('unreachable', 'the mail server has hung up');
      await new Promise<void>((resolve) => (this.waiting = resolve));
    }
  }

  /** Leaves the connection to somebody else. */
  close(): void {
    this.socket.off('data', this.hear);
    this.socket.off('close', this.end);
  }

  private readonly hear = (chunk: Buffer): void => {
    if (this.said.length <= MAX_BYTES) this.said += chunk.toString('latin1');
    this.waiting?.();
  };

  private readonly end = (): void => {
    this.isOver = true;
    this.waiting?.();
  };
}
