import { Controller } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { addMembers, changeRole, listMembers, removeMember, ROUTES } from '@relais/contracts';
import { type Asked, Serve } from '../http/serve.js';

/** Who is in a conversation. */
@Controller()
export class MembersController {
  constructor(private readonly bus: Bus) {}

  @Serve(ROUTES.listMembers)
  list({ input, caller }: Asked<typeof listMembers>) {
    return this.bus.request(listMembers, input, caller);
  }

  @Serve(ROUTES.addMembers)
  add({ input, caller }: Asked<typeof addMembers>) {
    return this.bus.request(addMembers, input, caller);
  }

  @Serve(ROUTES.removeMember)
  remove({ input, caller }: Asked<typeof removeMember>) {
    return this.bus.request(removeMember, input, caller);
  }

  @Serve(ROUTES.changeRole)
  changeRole({ input, caller }: Asked<typeof changeRole>) {
    return this.bus.request(changeRole, input, caller);
  }
}
