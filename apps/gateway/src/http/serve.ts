import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  HttpCode,
  RequestMapping,
  RequestMethod,
  UseGuards,
} from '@nestjs/common';
import type { RequestContract, Route } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { type GatewayRequest, inputOf } from './gateway-request.js';
import { LimitGuard } from './limit.guard.js';
import { ServedRoute } from './served-route.js';
import { TokenGuard } from './token.guard.js';

/** What a route's method is given: nothing but what the contract allows a caller to say, and who the caller is. */
export interface Asked<Contract extends RequestContract> {
  readonly input: z.output<Contract['input']>;
  /** Who asks; carries their token on to the service. Only where the contract's access is `user`. */
  readonly caller: Principal;
}

const AskedOf = createParamDecorator((route: Route, context: ExecutionContext): Asked<RequestContract> => {
  const request = context.switchToHttp().getRequest<GatewayRequest>();
  return { input: inputOf(route, request), caller: request.caller as Principal };
});

/** Serves one operation of ROUTES: method, path, status, guards and the one argument all come from the table. */
export const Serve =
  <In extends z.ZodType, Out extends z.ZodType>(route: Route<In, Out>) =>
  <Method extends (asked: Asked<RequestContract<In, Out>>) => Promise<z.output<Out>>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    AskedOf(route)(target, key, 0);
    applyDecorators(
      RequestMapping({ method: RequestMethod[route.method], path: route.path.replaceAll(/\{(\w+)\}/g, ':$1') }),
      HttpCode(route.status),
      ServedRoute(route as Route),
      UseGuards(TokenGuard, LimitGuard),
    )(target, key, descriptor);
  };
