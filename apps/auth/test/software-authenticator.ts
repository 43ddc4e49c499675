import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

type Encodable = number | string | Uint8Array | Map<number | string, Encodable>;

/** CBOR of what an authenticator says (RFC 8949): numbers, text, bytes and maps, in the order given. */
function cbor(value: Encodable): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Map)
    return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)])]);
  return Buffer.concat([head(2, value.length), value]);
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
}

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ATTESTED = 0x40;

export interface AuthenticatorOptions {
  algorithm?: 'ES256' | 'EdDSA';
  /** Whether the person unlocks it with a PIN or a finger. */
  verifiesUser?: boolean;
  origin?: string;
  rpId?: string;
}

/** A passkey that really signs (Web Authentication, Level 3, 6): one credential, no attestation. */
export class SoftwareAuthenticator {
  readonly credentialId = randomBytes(32);
  /** Copies of an authenticator have counters that fall behind. */
  signCount = 0;
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;
  private readonly options: Required<AuthenticatorOptions>;

  constructor(options: AuthenticatorOptions = {}) {
    const defaults = { algorithm: 'ES256', verifiesUser: true, origin: 'http://localhost', rpId: 'localhost' } as const;
    this.options = { ...defaults, ...options };
    const pair =
      this.options.algorithm === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.privateKey = pair.privateKey;
    this.publicKey = pair.publicKey;
  }

  /** What `navigator.credentials.create(…)` gives, as JSON. */
  create(options: Record<string, unknown>): Record<string, unknown> {
    const clientDataJSON = this.clientData('webauthn.create', options);
    const idLength = Buffer.from([0, this.credentialId.length]);
    const attested = Buffer.concat([Buffer.alloc(16), idLength, this.credentialId, cbor(this.coseKey())]);
    const authData = Buffer.concat([this.authenticatorData(ATTESTED), attested]);
    const attestationObject = cbor(
      new Map<string, Encodable>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ]),
    );
    return this.credential({ clientDataJSON: b64(clientDataJSON), attestationObject: b64(attestationObject) });
  }

  /** What `navigator.credentials.get(…)` gives, as JSON. */
  get(options: Record<string, unknown>): Record<string, unknown> {
    this.signCount++;
    const clientDataJSON = this.clientData('webauthn.get', options);
    const authenticatorData = this.authenticatorData(0);
    const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientDataJSON).digest()]);
    const signature = sign(this.options.algorithm === 'EdDSA' ? null : 'sha256', signed, this.privateKey);
    return this.credential({
      clientDataJSON: b64(clientDataJSON),
      authenticatorData: b64(authenticatorData),
      signature: b64(signature),
    });
  }

  private credential(response: object): Record<string, unknown> {
    const id = b64(this.credentialId);
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
  }

  private clientData(type: string, { challenge }: Record<string, unknown>): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.options.origin, crossOrigin: false }));
  }

  private authenticatorData(flags: number): Buffer {
    const { rpId, verifiesUser } = this.options;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.signCount);
    const all = USER_PRESENT | (verifiesUser ? USER_VERIFIED : 0) | flags;
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([all]), counter]);
  }

  /** COSE_Key (RFC 9053). */
  private coseKey(): Map<number, Encodable> {
    const { x = '', y = '' } = this.publicKey.export({ format: 'jwk' }) as { x?: string; y?: string };
    const [bytesX, bytesY] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
    return this.options.algorithm === 'EdDSA'
      ? new Map<number, Encodable>([
          [1, 1],
          [3, -8],
          [-1, 6],
          [-2, bytesX],
        ])
      : new Map<number, Encodable>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, bytesX],
          [-3, bytesY],
        ]);
  }
}

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
