import { Controller } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { changePassword, closeSession, listSessions, openSession, refreshSession, ROUTES } from '@relais/contracts';
import { type Asked, Serve } from '../http/serve.js';
import { PASSWORD_TIMEOUT_MS } from './password-timeout.js';

/** Logging in and out. */
@Controller()
export class SessionsController {
  constructor(private readonly bus: Bus) {}

  @Serve(ROUTES.login)
  open({ input }: Asked<typeof openSession>) {
    return this.bus.request(openSession, input, { timeoutMs: PASSWORD_TIMEOUT_MS });
  }

  @Serve(ROUTES.refresh)
  refresh({ input }: Asked<typeof refreshSession>) {
    return this.bus.request(refreshSession, input);
  }

  @Serve(ROUTES.listSessions)
  list({ input, caller }: Asked<typeof listSessions>) {
    return this.bus.request(listSessions, input, caller);
  }

  @Serve(ROUTES.logout)
  closeMine({ input, caller }: Asked<typeof closeSession>) {
    return this.bus.request(closeSession, input, caller);
  }

  @Serve(ROUTES.closeSession)
  close({ input, caller }: Asked<typeof closeSession>) {
    return this.bus.request(closeSession, input, caller);
  }

  @Serve(ROUTES.changePassword)
  changePassword({ input, caller }: Asked<typeof changePassword>) {
    return this.bus.request(changePassword, input, { token: caller.token, timeoutMs: PASSWORD_TIMEOUT_MS });
  }
}
