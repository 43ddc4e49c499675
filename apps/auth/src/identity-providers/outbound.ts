import { lookup } from 'node:dns/promises';
import { AppError } from '@relais/kernel';
import { isEncryptedOrLocal, isPrivateAddress, Outbound, type OutboundAnswer, OutboundError } from '@relais/security';
import type { CustomFetch } from 'openid-client';

const MAX_BODY_BYTES = 256 * 1024;
/** Longer than any question of ours may take. */
const TIMEOUT_MS = 30_000;

/** The provider did not answer, or not with anything that is an answer. */
export class ProviderAway extends AppError {
  constructor(says: string, cause?: unknown) {
    super('unavailable', 'identity_provider_unavailable', says, { cause });
  }
}

/**
 * What a provider's address may lead to: no redirects, at most 256 KiB, encrypted but on loopback. A provider on the internet
 * cannot send us to addresses of the inner network by what its documents say.
 *
 * @throws ProviderAway when nothing, or an error of the server, comes back
 */
export function outboundFor(issuer: string): CustomFetch {
  const home = new URL(issuer);
  return async (url, options) => {
    const target = new URL(url);
    const client = await clientFor(target, home);
    const request = new Request(target, options as RequestInit);
    const { status, headers, body } = await ask(client, target, request);
    if (status >= 500) throw new ProviderAway(`${target.host} answers ${status}`);
    return new Response(body.length === 0 ? null : new Uint8Array(body), { status, headers: flat(headers) });
  };
}

/** To its own host, wherever that is, and from inside to everywhere; from outside not inside. */
async function clientFor(target: URL, home: URL): Promise<Outbound> {
  const isAtHome = target.hostname === home.hostname || (isEncryptedOrLocal(target) && (await isPrivate(home)));
  const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BODY_BYTES };
  return new Outbound({ ...limits, mayReach: (address) => isAtHome || !isPrivateAddress(address) });
}

async function isPrivate({ hostname }: URL): Promise<boolean> {
  const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch((error: unknown) => {
    throw new ProviderAway(`there is no host ${hostname}`, error);
  });
  return found.some(({ address }) => isPrivateAddress(address));
}

async function ask(client: Outbound, target: URL, request: Request): Promise<OutboundAnswer> {
  const { method, headers, signal } = request;
  const body = request.body ? { body: Buffer.from(await request.arrayBuffer()) } : {};
  return client
    .send(target, { method, headers: Object.fromEntries(headers), signal, ...body })
    .catch((error: unknown) => {
      if (!(error instanceof OutboundError) || error.problem === 'forbidden') throw error;
      throw new ProviderAway(error.message, error.cause);
    });
}

const flat = (headers: OutboundAnswer['headers']): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one): [string, string] => [name, one]));

/** The word that nobody was there, wherever a library has wrapped it; null when something else went wrong. */
export function awayIn(error: unknown): ProviderAway | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++)
    if (at instanceof ProviderAway) return at;
  return null;
}
