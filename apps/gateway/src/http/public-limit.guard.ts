import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { RateLimits } from '../rate-limits.js';
import { ClientAddress } from './client-address.js';
import type { GatewayRequest } from './gateway-request.js';

/** Counts requests by address, for routes outside of ROUTES that need no token. */
@Injectable()
export class PublicLimitGuard implements CanActivate {
  constructor(
    private readonly limits: RateLimits,
    private readonly addresses: ClientAddress,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { raw } = context.switchToHttp().getRequest<GatewayRequest>();
    await this.limits.take('publicPerAddress', this.addresses.of(raw));
    return true;
  }
}
