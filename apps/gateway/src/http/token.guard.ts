import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '@relais/kernel';
import { TokenVerifier } from '@relais/security';
import type { GatewayRequest } from './gateway-request.js';
import { ServedRoute } from './served-route.js';

const BEARER = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** Lets nobody past without a good access token, except where the contract says `public`. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = this.reflector.get(ServedRoute, context.getHandler());
    if (route?.contract.access === 'public') return true;
    if (route?.contract.access !== 'user') throw new AppError('forbidden', 'forbidden');
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    request.caller = await this.verifier.verify(tokenOf(request));
    return true;
  }
}

function tokenOf({ headers: { authorization } }: GatewayRequest): string {
  if (authorization === undefined) throw new AppError('unauthenticated', 'token_missing');
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) throw new AppError('unauthenticated', 'token_invalid');
  return token;
}
