import type { ProbeCheck } from '@relais/contracts';
import { z } from 'zod';
import { ProbeFailure } from './probe-failure.js';
import type { Web } from './web.js';

type Check = Extract<ProbeCheck, { kind: 'graph' }>;

const token = z.looseObject({ access_token: z.string().min(1) });
const overviews = z.looseObject({ value: z.array(z.looseObject({ service: z.string(), status: z.string() })) });

const INTERRUPTED = ['serviceInterruption'];
const DEGRADED = ['serviceDegradation', 'extendedRecovery', 'restoringService', 'investigating', 'verifyingService'];

/** What Microsoft says of its own services: OAuth 2.0 client credentials, then the health overviews of Graph v1.0. */
export async function checkGraph(check: Check, web: Web): Promise<void> {
  const headers = { authorization: `Bearer ${await signIn(check, web)}`, accept: 'application/json' };
  const url = new URL('/v1.0/admin/serviceAnnouncement/healthOverviews', check.graphUrl);
  const answer = overviews.safeParse(await web.json(url, { headers }));
  if (!answer.success) throw new ProbeFailure('bad_answer', 'these are no health overviews');
  const wanted = new Set(check.services);
  const looked = answer.data.value.filter(({ service }) => wanted.size === 0 || wanted.has(service));
  if (looked.length < Math.max(1, wanted.size)) throw new ProbeFailure('bad_answer', 'there is no such service');
  const failing = check.degradedFails ? [...INTERRUPTED, ...DEGRADED] : INTERRUPTED;
  if (looked.some(({ status }) => failing.includes(status)))
    throw new ProbeFailure('degraded', 'Microsoft says that it does not work');
}

async function signIn({ tenantId, clientId, clientSecret = '', loginUrl, graphUrl }: Check, web: Web): Promise<string> {
  const url = new URL(`/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`, loginUrl);
  const form = new URLSearchParams({
    ...{ client_id: clientId, client_secret: clientSecret, grant_type: 'client_credentials' },
    scope: `${new URL(graphUrl).origin}/.default`,
  });
  const { status, body } = await web.ask(url, {
    ...{ method: 'POST', body: form.toString() },
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
  });
  if (status >= 500) throw new ProbeFailure('bad_status', `${url.host} answers ${status}`);
  if (status !== 200) throw new ProbeFailure('signin_failed', 'the application may not sign in');
  const answer = token.safeParse(parsed(body));
  if (!answer.success) throw new ProbeFailure('bad_answer', 'there is no token in the answer');
  return answer.data.access_token;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
