import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { jwtVerify } from 'jose';
import { type Answerer, answerJson, HttpProvider, type ReceivedRequest } from './http-provider.js';

const PROJECT = 'relais-test';
const EMAIL = 'push@relais-test.iam.gserviceaccount.com';
const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';

export interface FcmMessage {
  token: string;
  data: Record<string, string>;
  android?: { priority?: string; ttl?: string };
}

/** Google's token endpoint and FCM's HTTP v1, as their documentation has them. */
export class FcmServer {
  readonly received: FcmMessage[] = [];
  /** How many access tokens were given out. */
  granted = 0;
  /** What is done instead of accepting a message. */
  turn: (message: FcmMessage) => Answerer | undefined = () => undefined;
  /** What is done instead of giving out a token. */
  grantTurn: Answerer | undefined;
  private readonly tokens = new Set<string>();
  private readonly publicKey: KeyObject;
  /** The file of the service account. */
  readonly account: string;

  private constructor(private readonly http: HttpProvider) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    this.publicKey = createPublicKey(privateKey);
    this.account = JSON.stringify({
      ...{ type: 'service_account', project_id: PROJECT, client_email: EMAIL, token_uri: `${http.url}/token` },
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    });
    http.answer = (request, response) => this.take(request, response);
  }

  static async start(): Promise<FcmServer> {
    return new FcmServer(await HttpProvider.start(() => undefined));
  }

  get url(): string {
    return this.http.url;
  }

  /** Withdraws every token that was given out. */
  withdraw(): void {
    this.tokens.clear();
  }

  stop(): Promise<void> {
    return this.http.stop();
  }

  private async take(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    if (request.path === '/token') return this.grant(request, response);
    if (request.path !== `/v1/projects/${PROJECT}/messages:send`) return fcmError(response, 404, 'NOT_FOUND');
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (!bearer || !this.tokens.has(bearer)) return fcmError(response, 401, 'UNAUTHENTICATED');
    const { message } = JSON.parse(request.body.toString()) as { message: FcmMessage };
    const isData = Object.values(message.data).every((value) => typeof value === 'string');
    if (!message.token || !isData || 'notification' in message) return fcmError(response, 400, 'INVALID_ARGUMENT');
    const turn = this.turn(message);
    if (turn) return turn(request, response);
    this.received.push(message);
    answerJson(response, 200, { name: `projects/${PROJECT}/messages/${randomUUID()}` });
  }

  private async grant(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    if (this.grantTurn) return this.grantTurn(request, response);
    const form = new URLSearchParams(request.body.toString());
    const isGrant = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const verified = await jwtVerify(form.get('assertion') ?? '', this.publicKey, {
      ...{ algorithms: ['RS256'], issuer: EMAIL, audience: `${this.url}/token`, maxTokenAge: 3_600 },
    }).catch(() => null);
    if (!isGrant || verified?.payload['scope'] !== SCOPE) return answerJson(response, 400, { error: 'invalid_grant' });
    const token = randomBytes(16).toString('base64url');
    this.granted++;
    this.tokens.add(token);
    answerJson(response, 200, { access_token: token, expires_in: 3_599, token_type: 'Bearer' });
  }
}

/** An error as FCM words it. */
export const fcmError = (response: ServerResponse, status: number, code: string, headers: object = {}): void => {
  const details = [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: code }];
  answerJson(response, status, { error: { code: status, status: code, message: code, details } }, headers);
};
