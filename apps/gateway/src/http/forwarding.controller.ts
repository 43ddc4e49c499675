import { Controller } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type RequestContract, ROUTES, type Route } from '@relais/contracts';
import { type Asked, Serve } from './serve.js';

/** Has one method for each operation of ROUTES. All do the same: ask the service whose contract it is, in the caller's name. */
@Controller()
export class ForwardingController {
  constructor(readonly bus: Bus) {}
}

for (const [operation, route] of Object.entries<Route>(ROUTES)) {
  const forward = function (this: ForwardingController, { input, caller }: Asked<RequestContract>): Promise<unknown> {
    return this.bus.request(route.contract, input, caller);
  };
  const descriptor = { value: forward, configurable: true, writable: true };
  Object.defineProperty(ForwardingController.prototype, operation, descriptor);
  Serve(route)(ForwardingController.prototype, operation, descriptor);
}
