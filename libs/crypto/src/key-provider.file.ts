import { hkdfSync } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { AppError, type OrganizationId } from '@relais/kernel';
import type { Log } from '@relais/observability';
import { ALG_AES_256_GCM, decrypt, encrypt, KEY_BYTES } from './aead.js';
import { lengthPrefixed } from './encoding.js';
import { decryptFailed } from './errors.js';
import { assertFollows, type Keyring, readKekFile } from './kek-file.js';
import { KeyProvider, type Wrapping } from './key-provider.js';

const POLL_INTERVAL_MS = 3_000;
const HEADER = Buffer.from([ALG_AES_256_GCM]);
const NO_SALT = Buffer.alloc(0);

/**
 * Root keys from a file, usually a mounted Kubernetes Secret. The KEK of an organization is HKDF-SHA-256 of the root key
 * and its id, and wraps with AES-256-GCM.
 *
 * Follows the file: a change is in use within `pollIntervalMs`, and an unknown version is looked for at once, so a rotation
 * needs no restart. A changed file that is missing or wrong is refused and logged; the keys from before stay in use.
 */
export class FileKeyProvider extends KeyProvider {
  private problem: AppError | undefined;
  private reading: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly path: string,
    private keyring: Keyring,
    private signature: string,
    private readonly log: Log,
    pollIntervalMs: number,
  ) {
    super();
    this.timer = setInterval(() => void this.follow(), pollIntervalMs).unref();
  }

  /** @throws AppError `kek_file_missing`, `kek_file_invalid` */
  static async open(path: string, log: Log, pollIntervalMs: number = POLL_INTERVAL_MS): Promise<FileKeyProvider> {
    // The signature comes first: a change while reading is then seen at the next look.
    const signature = await signatureOf(path);
    return new FileKeyProvider(path, await readKekFile(path), signature, log, pollIntervalMs);
  }

  close(): void {
    clearInterval(this.timer);
  }

  async activeVersion(): Promise<number> {
    return this.keyring.active;
  }

  async wrap(organizationId: OrganizationId, keyId: string, dek: Buffer): Promise<Wrapping> {
    const kekVersion = this.keyring.active;
    const kek = deriveKek(await this.rootKey(kekVersion), organizationId);
    try {
      return { kekVersion, wrapped: encrypt(kek, HEADER, aadOf(organizationId, kekVersion, keyId), dek) };
    } finally {
      kek.fill(0);
    }
  }

  async unwrap(organizationId: OrganizationId, keyId: string, { kekVersion, wrapped }: Wrapping): Promise<Buffer> {
    if (wrapped[0] !== ALG_AES_256_GCM) throw decryptFailed();
    const kek = deriveKek(await this.rootKey(kekVersion), organizationId);
    try {
      return decrypt(kek, HEADER.length, aadOf(organizationId, kekVersion, keyId), wrapped);
    } finally {
      kek.fill(0);
    }
  }

  /** Always false: the KEKs are derived, and a root key belongs to all organizations. */
  async destroy(): Promise<boolean> {
    return false;
  }

  async indexKey(organizationId: OrganizationId): Promise<Buffer> {
    return derive(this.keyring.index, 'relais index v1', organizationId);
  }

  async health(): Promise<void> {
    await this.follow();
    if (this.problem) throw this.problem;
  }

  private async rootKey(version: number): Promise<Buffer> {
    if (!this.keyring.keys.has(version)) {
      await this.reading;
      await this.follow(true);
    }
    const key = this.keyring.keys.get(version);
    if (key) return key;
    const advice = `put the key of version ${version} back: data keys wrapped with it are still in use`;
    throw new AppError('internal', 'kek_version_unknown', `KEK_FILE ${this.path} has no version ${version}: ${advice}`);
  }

  /** Takes over a changed file. Never throws; several calls at once are one. */
  private follow(always = false): Promise<void> {
    return (this.reading ??= this.reread(always).finally(() => (this.reading = undefined)));
  }

  private async reread(always: boolean): Promise<void> {
    try {
      const signature = await signatureOf(this.path);
      if (signature === this.signature && !always && !this.problem) return;
      const next = await readKekFile(this.path);
      assertFollows(this.path, this.keyring, next);
      this.takeOver(next, signature);
    } catch (error) {
      this.refuse(AppError.from(error));
    }
  }

  private takeOver(next: Keyring, signature: string): void {
    if (next.active !== this.keyring.active)
      this.log.info({ event: 'kek.active_version_changed', version: next.active });
    // NOTE: the old root keys are not zeroed: a wrap that is under way may hold them. They go with the garbage collector.
    this.keyring = next;
    this.signature = signature;
    this.problem = undefined;
  }

  /** One line per problem, not one per look. */
  private refuse(problem: AppError): void {
    if (this.problem?.message !== problem.message) {
      this.log.error({ event: 'kek.file_refused', code: problem.code, reason: problem.message });
    }
    this.problem = problem;
  }
}

const aadOf = (organizationId: OrganizationId, kekVersion: number, keyId: string): Buffer =>
  lengthPrefixed(['relais wrap v1', HEADER, organizationId, String(kekVersion), keyId]);

const deriveKek = (root: Buffer, organizationId: OrganizationId): Buffer =>
  derive(root, 'relais kek v1', organizationId);

const derive = (root: Buffer, purpose: string, organizationId: OrganizationId): Buffer =>
  Buffer.from(hkdfSync('sha256', root, NO_SALT, lengthPrefixed([purpose, organizationId]), KEY_BYTES));

/** Changes whenever the file is written or replaced; empty while it cannot be seen. Secrets are mounted as links that are swapped. */
async function signatureOf(path: string): Promise<string> {
  const seen = await stat(path, { bigint: true }).catch(() => undefined);
  return seen ? `${seen.ino}:${seen.size}:${seen.mtimeNs}` : '';
}
