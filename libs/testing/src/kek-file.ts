import { randomBytes } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const newKey = (): string => randomBytes(32).toString('base64');

/** A KEK file of one test, rotated as an operator would. */
export class TestKekFile {
  readonly content = { active: 1, keys: { '1': newKey() } as Record<string, string>, index: newKey() };

  private constructor(
    private readonly directory: string,
    readonly path: string,
  ) {}

  static async create(): Promise<TestKekFile> {
    const directory = await mkdtemp(join(tmpdir(), 'relais-kek-'));
    const file = new TestKekFile(directory, join(directory, 'kek.json'));
    await file.save();
    return file;
  }

  /** A new version that is active from now on. */
  async rotate(version: number): Promise<void> {
    this.content.active = version;
    this.content.keys[String(version)] = newKey();
    await this.save();
  }

  async drop(version: number): Promise<void> {
    delete this.content.keys[String(version)];
    await this.save();
  }

  /** Replaces the file at once, as a mounted secret is. */
  async save(text: string = JSON.stringify(this.content)): Promise<void> {
    await writeFile(`${this.path}.new`, text);
    await rename(`${this.path}.new`, this.path);
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}
