import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFaketime } from './faketime.js';

/** The wall clock of whoever runs in this environment, moved while it runs; the steady clock goes on as it is. */
export class Clocks {
  private readonly directory = mkdtempSync(join(tmpdir(), 'relais-clocks-'));
  private readonly file = join(this.directory, 'shift');

  constructor() {
    this.shift('+0');
  }

  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: findFaketime() ?? '',
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_NO_CACHE: '1',
    };
  }

  /** By so many seconds, signed. */
  shift(seconds: string): void {
    writeFileSync(this.file, seconds);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
