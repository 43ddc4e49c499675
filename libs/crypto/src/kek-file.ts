import { readFile } from 'node:fs/promises';
import { AppError } from '@relais/kernel';
import { z } from 'zod';
import { KEY_BYTES } from './aead.js';

/** The root keys, by version, and the root of all blind index keys. */
export interface Keyring {
  active: number;
  keys: ReadonlyMap<number, Buffer>;
  index: Buffer;
}

const version = z.string().regex(/^[1-9][0-9]{0,8}$/);
const shape = z.strictObject({
  active: z.int().min(1).max(999_999_999),
  keys: z.record(version, z.string()),
  index: z.string(),
});

/** Where the file and its format are explained. */
const HOW_TO =
  'expected {"active":1,"keys":{"1":"<base64 of 32 random bytes>"},"index":"<base64 of 32 random bytes>"}, see libs/crypto/README.md';

const invalid = (path: string, problem: string): AppError =>
  new AppError('internal', 'kek_file_invalid', `KEK_FILE ${path}: ${problem}; ${HOW_TO}`);

/**
 * Reads and checks the file. No message ever holds a part of its content.
 *
 * @throws AppError `kek_file_missing`, `kek_file_invalid`
 */
export async function readKekFile(path: string): Promise<Keyring> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const advice = 'mount the secret that holds it or give this process the right to read it';
    throw new AppError(
      'internal',
      'kek_file_missing',
      `KEK_FILE ${path} cannot be read (${error.code ?? 'failed'}): ${advice}`,
    );
  });
  return parseKekFile(path, text);
}

export function parseKekFile(path: string, text: string): Keyring {
  const parsed = shape.safeParse(parseJson(path, text));
  if (!parsed.success)
    throw invalid(path, `"${parsed.error.issues[0]?.path.join('.') || 'the file'}" is missing or wrong`);
  const { active, keys, index } = parsed.data;
  const decoded = Object.entries(keys).map(
    ([name, value]) => [Number(name), keyOf(path, `keys.${name}`, value)] as const,
  );
  const keyring = { active, keys: new Map(decoded), index: keyOf(path, 'index', index) };
  if (!keyring.keys.has(active)) throw invalid(path, `"active" is ${active}, but "keys" has no "${active}"`);
  refuseRepeated(path, [...keyring.keys.values(), keyring.index]);
  return keyring;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // NOTE: the engine's own message quotes the text, which here is keys.
    throw invalid(path, 'not JSON');
  }
}

function keyOf(path: string, name: string, base64: string): Buffer {
  const key = Buffer.from(base64, 'base64');
  const isBase64 = key.toString('base64').replaceAll('=', '') === base64.replaceAll('=', '');
  if (!isBase64) throw invalid(path, `"${name}" is not base64`);
  if (key.length !== KEY_BYTES) throw invalid(path, `"${name}" has ${key.length} bytes instead of ${KEY_BYTES}`);
  if (key.every((byte) => byte === key[0])) throw invalid(path, `"${name}" is not random`);
  return key;
}

function refuseRepeated(path: string, keys: readonly Buffer[]): void {
  const distinct = new Set(keys.map((key) => key.toString('hex')));
  if (distinct.size !== keys.length) throw invalid(path, 'the same bytes stand in two places');
}

/**
 * A changed file may add versions and drop old ones. A version that changes its bytes, or another index key, would make
 * stored data unreadable and unfindable while looking healthy.
 *
 * @throws AppError `kek_file_invalid`
 */
export function assertFollows(path: string, before: Keyring, after: Keyring): void {
  for (const [name, key] of after.keys) {
    const earlier = before.keys.get(name);
    if (earlier && !earlier.equals(key)) throw invalid(path, `"keys.${name}" changed; a new key needs a new version`);
  }
  if (!before.index.equals(after.index))
    throw invalid(path, '"index" changed; it must stay the same over all rotations');
}
