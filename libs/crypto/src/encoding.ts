/** One part of what a ciphertext is bound to. Text is UTF-8; ids are written as lower-case UUIDs. */
export type Part = string | Uint8Array;

const LENGTH_BYTES = 4;
const sizeOf = (part: Part): number => (typeof part === 'string' ? Buffer.byteLength(part) : part.length);

/**
 * Every part after its length (unsigned 32 bits, big endian). No two lists of parts give the same bytes,
 * so `['a', 'bc']` cannot be passed off as `['ab', 'c']`.
 */
export function lengthPrefixed(parts: readonly Part[]): Buffer {
  const sizes = parts.map(sizeOf);
  const encoded = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + LENGTH_BYTES + size, 0));
  let at = 0;
  parts.forEach((part, index) => {
    const size = sizes[index] ?? 0;
    at = encoded.writeUInt32BE(size, at);
    if (typeof part === 'string') encoded.write(part, at);
    else encoded.set(part, at);
    at += size;
  });
  return encoded;
}

export const uuidToBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

export function bytesToUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
