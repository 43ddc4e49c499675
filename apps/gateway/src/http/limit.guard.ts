import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ROUTES, type Route } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { LimitName } from '../limits.js';
import { RateLimits } from '../rate-limits.js';
import { ClientAddress } from './client-address.js';
import type { GatewayRequest } from './gateway-request.js';
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
    if (route.limit === 'login')
      return [['loginPerAddress', address], ...(caller ? [['loginPerUser', caller.userId] satisfies Counted] : [])];
    if (!caller) return [['publicPerAddress', address]];
    return [[route.limit === 'read' ? 'readPerUser' : 'writePerUser', caller.userId]];
  }
}

const isAppend = (route: Route): boolean => route.contract.subject === ROUTES.append.contract.subject;
