import { Controller } from '@nestjs/common';
import { Bus } from '@relais/bus';
import {
  acceptInvitation,
  bootstrapOrganization,
  createInvitation,
  listInvitations,
  revokeInvitation,
  ROUTES,
} from '@relais/contracts';
import { type Asked, Serve } from '../http/serve.js';
import { PASSWORD_TIMEOUT_MS } from './password-timeout.js';

/** How people and organizations come to be. */
@Controller()
export class InvitationsController {
  constructor(private readonly bus: Bus) {}

  @Serve(ROUTES.bootstrap)
  bootstrap({ input }: Asked<typeof bootstrapOrganization>) {
    return this.bus.request(bootstrapOrganization, input, { timeoutMs: PASSWORD_TIMEOUT_MS });
  }

  @Serve(ROUTES.invite)
  create({ input, caller }: Asked<typeof createInvitation>) {
    return this.bus.request(createInvitation, input, caller);
  }

  @Serve(ROUTES.listInvitations)
  list({ input, caller }: Asked<typeof listInvitations>) {
    return this.bus.request(listInvitations, input, caller);
  }

  @Serve(ROUTES.revokeInvitation)
  revoke({ input, caller }: Asked<typeof revokeInvitation>) {
    return this.bus.request(revokeInvitation, input, caller);
  }

  @Serve(ROUTES.acceptInvitation)
  accept({ input }: Asked<typeof acceptInvitation>) {
    return this.bus.request(acceptInvitation, input, { timeoutMs: PASSWORD_TIMEOUT_MS });
  }
}
