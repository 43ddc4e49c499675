import type { ProbeCheck } from '@relais/contracts';
import { z } from 'zod';
import { ProbeFailure } from './probe-failure.js';
import type { Web } from './web.js';

type Check = Extract<ProbeCheck, { kind: 'oidc' }>;

const discovery = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  jwks_uri: z.string().refine((uri) => URL.canParse(uri)),
});
const keys = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** People can sign in: the provider says who it is, where to sign in, and gives the keys that its word is verified with. */
export async function checkOidc({ issuer }: Check, web: Web): Promise<void> {
  const base = issuer.endsWith('/') ? issuer : `${issuer}/`;
  const document = discovery.safeParse(await web.json(new URL('.well-known/openid-configuration', base)));
  if (!document.success) throw new ProbeFailure('bad_answer', 'the discovery document is none');
  if (document.data.issuer !== issuer) throw new ProbeFailure('bad_answer', 'it speaks for another issuer');
  if (!keys.safeParse(await web.json(new URL(document.data.jwks_uri))).success)
    throw new ProbeFailure('bad_answer', 'it has no keys');
}
