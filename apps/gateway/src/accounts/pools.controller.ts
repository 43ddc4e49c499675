import { Controller } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { addPoolUser, createPool, listPools, removePoolUser, renamePool, ROUTES } from '@relais/contracts';
import { type Asked, Serve } from '../http/serve.js';

/** Pools: who may see and write to whom. */
@Controller()
export class PoolsController {
  constructor(private readonly bus: Bus) {}

  @Serve(ROUTES.listPools)
  list({ input, caller }: Asked<typeof listPools>) {
    return this.bus.request(listPools, input, caller);
  }

  @Serve(ROUTES.createPool)
  create({ input, caller }: Asked<typeof createPool>) {
    return this.bus.request(createPool, input, caller);
  }

  @Serve(ROUTES.renamePool)
  rename({ input, caller }: Asked<typeof renamePool>) {
    return this.bus.request(renamePool, input, caller);
  }

  @Serve(ROUTES.addPoolUser)
  addUser({ input, caller }: Asked<typeof addPoolUser>) {
    return this.bus.request(addPoolUser, input, caller);
  }

  @Serve(ROUTES.removePoolUser)
  removeUser({ input, caller }: Asked<typeof removePoolUser>) {
    return this.bus.request(removePoolUser, input, caller);
  }
}
