import { hash } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ROUTES, type Route } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { LimitName } from '../limits.js';
import { RateLimits } from '../rate-limits.js';
import { ClientAddress } from './client-address.js';
import { type GatewayRequest, inputOf } from './gateway-request.js';
import { ServedRoute } from './served-route.js';

type Counted = [limit: LimitName, key: string];

/** Counts a request against the limits of its load class; runs after the token was verified. */
@Injectable()
export class LimitGuard implements CanActivate {
  constructor(
    private readonly limits: RateLimits,
    private readonly addresses: ClientAddress,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = this.reflector.get(ServedRoute, context.getHandler());
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    if (isAppend(route)) await this.countAppend(request);
    else for (const [limit, key] of this.countedFor(route, request)) await this.limits.take(limit, key);
    return true;
  }

  /** Messages are many: they are counted without asking Redis. */
  private async countAppend(request: GatewayRequest): Promise<void> {
    const { organizationId, userId } = request.caller as Principal;
    await this.limits.takeHere('appendPerUser', userId);
    await this.limits.takeHere('appendPerConversation', `${organizationId}:${request.params['conversationId']}`);
  }

  private countedFor(route: Route, request: GatewayRequest): Counted[] {
    const address = this.addresses.of(request.raw);
    const { caller } = request;
    if (route.limit === 'login') {
      const account = caller?.userId ?? accountOf(inputOf(route, request));
      return [['loginPerAddress', address], ...(account ? [['loginPerAccount', account] satisfies Counted] : [])];
    }
    if (!caller) return [['publicPerAddress', address]];
    return [[route.limit === 'read' ? 'readPerUser' : 'writePerUser', caller.userId]];
  }
}

const isAppend = (route: Route): boolean => route.contract.subject === ROUTES.append.contract.subject;

/** The account a login names, as a digest: no e-mail address becomes a key in Redis. */
function accountOf(input: unknown): string | undefined {
  const { organization, email } = input as { organization?: unknown; email?: unknown };
  if (typeof organization !== 'string' || typeof email !== 'string') return undefined;
  return hash('sha256', `${organization}\n${email.toLowerCase()}`, 'base64url');
}
