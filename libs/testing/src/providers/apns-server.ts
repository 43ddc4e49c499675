import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { jwtVerify } from 'jose';
import { listening } from './listening.js';

const MAX_PAYLOAD_BYTES = 4_096;
const MAX_COLLAPSE_BYTES = 64;
const TOKEN_LIFE_SECONDS = 3_600;

export interface ApnsNotification {
  token: string;
  headers: IncomingHttpHeaders;
  payload: Record<string, unknown>;
}

/** What the server says instead, where it would accept: a status with its reason, or nothing at all. */
export type ApnsTurn = { status: number; reason?: string; headers?: Record<string, string> } | 'silence' | 'reset';

/** Apple's push service as its documentation has it: checks the token's signature and claims, the headers, and the payload. */
export class ApnsServer {
  readonly keyId = 'ABC123DEFG';
  readonly teamId = 'DEF123GHIJ';
  readonly topic = 'example.relais.app';
  readonly received: ApnsNotification[] = [];
  /** The provider tokens seen so far. */
  readonly jwts = new Set<string>();
  turn: (token: string, jwt: string) => ApnsTurn | undefined = () => undefined;
  /** What providers sign with, as the .p8 file has it. */
  readonly key: string;
  private readonly publicKey: KeyObject;
  private readonly sessions = new Set<ServerHttp2Session>();

  private constructor(
    private readonly server: Http2Server,
    readonly url: string,
  ) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    this.publicKey = createPublicKey(privateKey);
  }

  static async start(): Promise<ApnsServer> {
    const server = createServer();
    const apns = new ApnsServer(server, await listening(server));
    server.on('session', (session) => {
      apns.sessions.add(session);
      session.on('close', () => apns.sessions.delete(session));
      session.on('error', () => undefined);
    });
    server.on('stream', (stream, headers) => void apns.take(stream, headers));
    return apns;
  }

  get connections(): number {
    return this.sessions.size;
  }

  /** Says farewell on every connection: what was begun is finished, and nothing more is taken. */
  sayFarewell(): void {
    for (const session of this.sessions) session.goaway(constants.NGHTTP2_NO_ERROR);
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on('error', () => undefined);
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    const token = /^\/3\/device\/([0-9a-f]+)$/.exec(headers[':path'] ?? '')?.[1] ?? '';
    const jwt = /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    const body = Buffer.concat(chunks);
    const wrong = await this.wrongWith(token, jwt, headers, body);
    const turn: ApnsTurn = wrong ?? this.turn(token, jwt) ?? { status: 200 };
    if (turn === 'silence') return;
    if (turn === 'reset') return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    if (turn.status === 200) this.received.push({ token, headers, payload: JSON.parse(body.toString()) as never });
    const id = { 'apns-id': headers['apns-id'] ?? '11111111-2222-3333-4444-555555555555' };
    stream.respond({ ':status': turn.status, ...id, ...turn.headers });
    stream.end(turn.reason ? JSON.stringify({ reason: turn.reason }) : undefined);
  }

  private async wrongWith(
    token: string,
    jwt: string,
    headers: IncomingHttpHeaders,
    body: Buffer,
  ): Promise<ApnsTurn | undefined> {
    if (headers[':method'] !== 'POST') return { status: 405, reason: 'MethodNotAllowed' };
    if (!token) return { status: 400, reason: 'BadDeviceToken' };
    if (!(await this.isFromProvider(jwt))) return { status: 403, reason: 'InvalidProviderToken' };
    if (headers['apns-topic'] !== this.topic) return { status: 400, reason: 'DeviceTokenNotForTopic' };
    const type = headers['apns-push-type'];
    if (type !== 'alert' && type !== 'background') return { status: 400, reason: 'InvalidPushType' };
    // Apple refuses pushes that show nothing and are in a hurry.
    if (type === 'background' && headers['apns-priority'] !== '5') return { status: 400, reason: 'BadPriority' };
    if (!['5', '10'].includes(String(headers['apns-priority']))) return { status: 400, reason: 'BadPriority' };
    if (!/^\d{10}$/.test(String(headers['apns-expiration']))) return { status: 400, reason: 'BadExpirationDate' };
    if (Buffer.byteLength(String(headers['apns-collapse-id'] ?? '')) > MAX_COLLAPSE_BYTES)
      return { status: 400, reason: 'BadCollapseId' };
    if (body.length > MAX_PAYLOAD_BYTES) return { status: 413, reason: 'PayloadTooLarge' };
    return body.length === 0 ? { status: 400, reason: 'PayloadEmpty' } : undefined;
  }

  private async isFromProvider(jwt: string): Promise<boolean> {
    try {
      const { protectedHeader, payload } = await jwtVerify(jwt, this.publicKey, {
        ...{ algorithms: ['ES256'], issuer: this.teamId, maxTokenAge: TOKEN_LIFE_SECONDS },
      });
      this.jwts.add(jwt);
      return protectedHeader.kid === this.keyId && Object.keys(payload).length === 2;
    } catch {
      return false;
    }
  }
}
