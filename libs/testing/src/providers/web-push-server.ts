import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  type ECDH,
  hkdfSync,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { jwtVerify } from 'jose';
import { type Answerer, HttpProvider, type ReceivedRequest } from './http-provider.js';

const DAY_SECONDS = 86_400;
const MAX_BODY_BYTES = 4_096;
const LAST_RECORD = 2;

export interface Subscription {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

export interface PushedMessage {
  endpoint: string;
  headers: ReceivedRequest['headers'];
  /** What the device reads, decrypted with the keys of the subscription. */
  text: string;
  /** What the push service sees. */
  sealed: Buffer;
}

interface Device {
  ecdh: ECDH;
  auth: Buffer;
}

/** A push service (RFC 8030) and the devices behind it: checks who sends (RFC 8292), and reads as the device would (RFC 8291). */
export class WebPushServer {
  readonly received: PushedMessage[] = [];
  /** What is done instead of accepting a message. */
  turn: (path: string) => Answerer | undefined = () => undefined;
  private readonly devices = new Map<string, Device>();

  private constructor(
    private readonly http: HttpProvider,
    /** The only sender whose key is accepted, base64url; whoever comes first when there is none. */
    public senderKey?: string,
  ) {
    http.answer = (request, response) => this.take(request, response);
  }

  static async start(senderKey?: string): Promise<WebPushServer> {
    return new WebPushServer(await HttpProvider.start(() => undefined), senderKey);
  }

  get url(): string {
    return this.http.url;
  }

  subscribe(): Subscription {
    const ecdh = createECDH('prime256v1');
    const p256dh = ecdh.generateKeys('base64url');
    const auth = randomBytes(16);
    const path = `/push/${randomUUID()}`;
    this.devices.set(path, { ecdh, auth });
    return { endpoint: this.url + path, keys: { p256dh, auth: auth.toString('base64url') } };
  }

  stop(): Promise<void> {
    return this.http.stop();
  }

  private async take(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    const { path, headers, body } = request;
    const device = this.devices.get(path);
    const wrong = device ? await this.wrongWith(request) : 404;
    if (wrong || !device) return void response.writeHead(wrong || 404).end();
    const turn = this.turn(path);
    if (turn) return turn(request, response);
    this.received.push({ endpoint: this.url + path, headers, text: decrypt(body, device), sealed: body });
    response.writeHead(201, { location: `${this.url}/message/${randomUUID()}` }).end();
  }

  private async wrongWith({ method, headers, body }: ReceivedRequest): Promise<number> {
    if (method !== 'POST') return 405;
    if (body.length > MAX_BODY_BYTES) return 413;
    if (!/^\d+$/.test(String(headers['ttl'])) || headers['content-encoding'] !== 'aes128gcm') return 400;
    if (!['very-low', 'low', 'normal', 'high'].includes(String(headers['urgency']))) return 400;
    if (!/^[\w-]{1,32}$/.test(String(headers['topic']))) return 400;
    return (await this.isFromSender(headers.authorization ?? '')) ? 0 : 403;
  }

  private async isFromSender(authorization: string): Promise<boolean> {
    const [, token = '', key = ''] = /^vapid t=([^,]+), k=([\w-]+)$/.exec(authorization) ?? [];
    if (this.senderKey && key !== this.senderKey) return false;
    try {
      const { payload } = await jwtVerify(token, publicKeyOf(key), { algorithms: ['ES256'], audience: this.url });
      const isShort = (payload.exp ?? Infinity) - Date.now() / 1_000 <= DAY_SECONDS;
      return isShort && /^(mailto:|https:)/.test(payload.sub ?? '');
    } catch {
      return false;
    }
  }
}

const publicKeyOf = (raw: string) => {
  const point = Buffer.from(raw, 'base64url');
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
};

/** One record of aes128gcm (RFC 8188) under the keys of RFC 8291, 3.3 and 3.4. */
function decrypt(body: Buffer, { ecdh, auth }: Device): string {
  const [salt, idLength] = [body.subarray(0, 16), body.readUInt8(20)];
  const [sender, sealed] = [body.subarray(21, 21 + idLength), body.subarray(21 + idLength)];
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender]);
  const ikm = Buffer.from(hkdfSync('sha256', ecdh.computeSecret(sender), auth, info, 32));
  const key = Buffer.from(hkdfSync('sha256', ikm, salt, 'Content-Encoding: aes128gcm\0', 16));
  const nonce = Buffer.from(hkdfSync('sha256', ikm, salt, 'Content-Encoding: nonce\0', 12));
  const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(sealed.subarray(-16));
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  const end = padded.lastIndexOf(LAST_RECORD);
  if (end < 0) throw new Error('no end of the record');
  return padded.subarray(0, end).toString('utf8');
}
