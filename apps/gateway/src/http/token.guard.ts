import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ROUTES, type Route } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { TokenVerifier } from '@relais/security';
import { Possession, type ReplayHarm } from '../possession.js';
import type { GatewayRequest } from './gateway-request.js';
import { ServedRoute } from './served-route.js';

const CREDENTIALS = /^(DPoP|Bearer) ([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** Lets nobody past without a good access token and a proof of its key (RFC 9449, 7.1), except where the contract says `public`. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly possession: Possession,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = this.reflector.get(ServedRoute, context.getHandler());
    if (route?.contract.access === 'public') return true;
    if (route?.contract.access !== 'user') throw new AppError('forbidden', 'forbidden');
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const { scheme, token } = credentialsOf(request);
    const principal = await this.verifier.verify(token, route.contract);
    // Every token of ours is bound to a key; whoever shows it as if it were not may have found it (RFC 9449, 7.2).
    if (scheme !== 'dpop') throw new AppError('unauthenticated', 'proof_missing');
    const { method, url: target, headers } = request;
    await this.possession.check(principal, proofOf(request), { method, target, host: headers.host }, harmOf(route));
    request.caller = principal;
    return true;
  }
}

function credentialsOf({ headers: { authorization } }: GatewayRequest): { scheme: string; token: string } {
  if (authorization === undefined) throw new AppError('unauthenticated', 'token_missing');
  const [, scheme, token] = CREDENTIALS.exec(authorization) ?? [];
  if (scheme === undefined || token === undefined) throw new AppError('unauthenticated', 'token_invalid');
  return { scheme: scheme.toLowerCase(), token };
}

/** Node joins a header that comes twice with a comma, which no proof contains: two proofs are none. */
function proofOf({ headers: { dpop } }: GatewayRequest): string | undefined {
  return Array.isArray(dpop) ? dpop.join() : dpop;
}

/** An entry's id is part of its address, so the same request again writes nothing. What auth is told changes who may do what. */
function harmOf({ contract, method }: Route): ReplayHarm {
  if (contract.subject === ROUTES.append.contract.subject) return 'repeatable';
  return method !== 'GET' && contract.subject.startsWith('rpc.auth.') ? 'identity' : 'once';
}
