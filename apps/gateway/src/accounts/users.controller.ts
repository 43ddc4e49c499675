import { Controller } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { listDevices, listUsers, readMe, removeDevice, removeUser, ROUTES, updateUser } from '@relais/contracts';
import { type Asked, Serve } from '../http/serve.js';

/** People of the organization and their devices. */
@Controller()
export class UsersController {
  constructor(private readonly bus: Bus) {}

  @Serve(ROUTES.me)
  me({ input, caller }: Asked<typeof readMe>) {
    return this.bus.request(readMe, input, caller);
  }

  @Serve(ROUTES.listDevices)
  listDevices({ input, caller }: Asked<typeof listDevices>) {
    return this.bus.request(listDevices, input, caller);
  }

  @Serve(ROUTES.removeDevice)
  removeDevice({ input, caller }: Asked<typeof removeDevice>) {
    return this.bus.request(removeDevice, input, caller);
  }

  @Serve(ROUTES.listUsers)
  list({ input, caller }: Asked<typeof listUsers>) {
    return this.bus.request(listUsers, input, caller);
  }

  @Serve(ROUTES.updateUser)
  update({ input, caller }: Asked<typeof updateUser>) {
    return this.bus.request(updateUser, input, caller);
  }

  @Serve(ROUTES.removeUser)
  remove({ input, caller }: Asked<typeof removeUser>) {
    return this.bus.request(removeUser, input, caller);
  }
}
