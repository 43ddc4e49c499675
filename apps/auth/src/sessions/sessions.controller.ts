import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  changePassword,
  closeSession,
  listSessions,
  openSession,
  refreshSession,
  type Tokens,
} from '@relais/contracts';
import type { z } from 'zod';
import { ChangePasswordHandler } from '../passwords/change-password.js';
import { CloseSessionHandler } from './close-session.js';
import { ListSessionsHandler } from './list-sessions.js';
import { OpenSessionHandler } from './open-session.js';
import { RefreshSessionHandler } from './refresh-session.js';

@Controller()
export class SessionsController {
  constructor(
    private readonly opener: OpenSessionHandler,
    private readonly refresher: RefreshSessionHandler,
    private readonly lister: ListSessionsHandler,
    private readonly closer: CloseSessionHandler,
    private readonly passwords: ChangePasswordHandler,
  ) {}

  @Serves(openSession)
  open(command: z.output<typeof openSession.input>): Promise<Tokens> {
    return this.opener.execute(command);
  }

  @Serves(refreshSession)
  refresh(command: z.output<typeof refreshSession.input>): Promise<Tokens> {
    return this.refresher.execute(command);
  }

  @Serves(listSessions)
  list(
    _: z.output<typeof listSessions.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listSessions.output>> {
    return this.lister.execute(principal);
  }

  @Serves(closeSession)
  close(
    { sessionId }: z.output<typeof closeSession.input>,
    { principal }: RequestContext,
  ): Promise<Record<never, never>> {
    return this.closer.execute(principal, sessionId);
  }

  @Serves(changePassword)
  changePassword(
    command: z.output<typeof changePassword.input>,
    { principal }: RequestContext,
  ): Promise<Record<never, never>> {
    return this.passwords.execute(principal, command);
  }
}
