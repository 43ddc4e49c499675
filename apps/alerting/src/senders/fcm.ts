import type { OutboundAnswer } from '@relais/security';
import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';
import type { AddressOf } from './destinations.js';
import { KeptToken } from './kept-token.js';
import type { Wake } from './messages.js';
import { jsonOf, ofProvider, type ProviderClient } from './provider-client.js';
import { failed, GONE, later, retryAfterSeconds, sent, type Sent } from './sent.js';

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ASSERTION_SECONDS = 3_600;
/** A token is renewed so long before it ends. */
const EARLY_MS = 60_000;
/** What Google advises where it says nothing else. */
const QUOTA_SECONDS = 60;

/** The file that Google gives out for a service account. */
export const serviceAccount = z.object({
  project_id: z.string().regex(/^[a-z0-9.:-]{1,128}$/),
  client_email: z.string(),
  private_key: z.string(),
  token_uri: z.url(),
});
export type ServiceAccount = z.infer<typeof serviceAccount>;

const granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
const refused = z.object({
  error: z.object({
    status: z.string().optional(),
    details: z.array(z.object({ errorCode: z.string().optional() })).optional(),
  }),
});

interface Access {
  token: string;
  untilMs: number;
  /** Why there is none. */
  problem: Sent | null;
}

/** Firebase Cloud Messaging, HTTP v1. Only ids leave, as data of high priority: the app wakes and fetches the rest. */
export class FcmSender {
  private readonly access = new KeptToken(() => this.grant());

  constructor(
    private readonly client: ProviderClient,
    private readonly account: ServiceAccount,
    private readonly url: string,
  ) {}

  async send({ token }: AddressOf<'fcm'>, wake: Wake): Promise<Sent> {
    const first = this.access.get();
    const outcome = await this.post(token, wake, await first);
    if (outcome !== UNAUTHENTICATED) return outcome;
    // Withdrawn before its time.
    this.access.drop(first);
    return this.post(token, wake, await this.access.get());
  }

  private async post(token: string, wake: Wake, access: Access): Promise<Sent> {
    if (access.problem) return access.problem;
    const message = {
      token,
      data: wake.data,
      android: { priority: wake.isQuiet ? 'NORMAL' : 'HIGH', ttl: `${wake.ttlSeconds}s` },
    };
    const headers = { authorization: `Bearer ${access.token}`, 'content-type': 'application/json' };
    const url = `${this.url}/v1/projects/${this.account.project_id}/messages:send`;
    return this.client.ask(url, { method: 'POST', headers, body: JSON.stringify({ message }) }, understand);
  }

  private async grant(): Promise<Access> {
    let found: z.infer<typeof granted> | undefined;
    const body = new URLSearchParams({ grant_type: GRANT, assertion: await this.assertion() }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const problem = await this.client.ask(this.account.token_uri, { method: 'POST', headers, body }, (answer) => {
      const said = granted.safeParse(jsonOf(answer));
      found = answer.status === 200 && said.success ? said.data : undefined;
      if (answer.status === 200) return found ? sent() : failed('bad_answer');
      return ofProvider(answer);
    });
    if (!found) return { token: '', untilMs: 0, problem };
    return { token: found.access_token, untilMs: Date.now() + found.expires_in * 1_000 - EARLY_MS, problem: null };
  }

  private async assertion(): Promise<string> {
    const { client_email, private_key, token_uri } = this.account;
    return new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(client_email)
      .setAudience(token_uri)
      .setIssuedAt()
      .setExpirationTime(`${ASSERTION_SECONDS}s`)
      .sign(await importPKCS8(private_key, 'RS256'));
  }
}

const UNAUTHENTICATED = failed('provider_refused');

function understand(answer: OutboundAnswer): Sent {
  const said = jsonOf(answer);
  if (answer.status === 200) {
    const name = said?.['name'];
    return typeof name === 'string' ? sent(name) : failed('bad_answer');
  }
  const error = refused.safeParse(said).data?.error;
  const code = error?.details?.find(({ errorCode }) => errorCode)?.errorCode ?? error?.status ?? '';
  if (code === 'UNREGISTERED') return GONE;
  if (code === 'INVALID_ARGUMENT') return failed('undeliverable');
  if (answer.status === 401) return UNAUTHENTICATED;
  if (answer.status === 429)
    return later('provider_busy', retryAfterSeconds(answer.headers['retry-after'], QUOTA_SECONDS));
  return ofProvider(answer);
}
