import { type Interface, clearLine, createInterface, cursorTo, moveCursor } from 'node:readline';

/** The terminal: what arrives is printed above the line that is being typed. Works as well with pipes. */
export class Screen {
  private input: Interface | undefined;
  private readonly isInteractive = process.stdin.isTTY === true && process.stdout.isTTY === true;

  print(line: string): void {
    if (!this.isInteractive || !this.input) return void process.stdout.write(`${line}\n`);
    clearLine(process.stdout, 0);
    cursorTo(process.stdout, 0);
    process.stdout.write(`${line}\n`);
    this.input.prompt(true);
  }

  /** The lines of the input that are not blank, until it ends or `close` is called. */
  async *lines(): AsyncGenerator<string> {
    const options = this.isInteractive ? { output: process.stdout, prompt: '> ' } : { terminal: false };
    this.input = createInterface({ input: process.stdin, ...options });
    if (this.isInteractive) this.input.prompt();
    try {
      for await (const line of this.input) {
        this.takeBack(line);
        if (line.trim() !== '') yield line;
      }
    } finally {
      // Whoever stops listening early (/quit) lets go of the input, too: it would keep the process alive.
      this.close();
      this.input = undefined;
    }
  }

  close(): void {
    this.input?.close();
  }

  /** The typed line appears again with its ✓; its echo is erased. */
  private takeBack(line: string): void {
    if (!this.isInteractive || !this.input) return;
    moveCursor(process.stdout, 0, -Math.ceil((line.length + 2) / (process.stdout.columns || 80)));
    cursorTo(process.stdout, 0);
    process.stdout.write('\u001b[0J');
    this.input.prompt();
  }
}
