import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { acceptInvitation, createInvitation, listInvitations, revokeInvitation, type Tokens } from '@relais/contracts';
import type { z } from 'zod';
import { AcceptInvitationHandler } from './accept-invitation.js';
import { CreateInvitationHandler } from './create-invitation.js';
import { ListInvitationsHandler } from './list-invitations.js';
import { RevokeInvitationHandler } from './revoke-invitation.js';

@Controller()
export class InvitationsController {
  constructor(
    private readonly creator: CreateInvitationHandler,
    private readonly lister: ListInvitationsHandler,
    private readonly revoker: RevokeInvitationHandler,
    private readonly accepter: AcceptInvitationHandler,
  ) {}

  @Serves(createInvitation)
  create(
    command: z.output<typeof createInvitation.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof createInvitation.output>> {
    return this.creator.execute(principal, command);
  }

  @Serves(listInvitations)
  list(
    _: z.output<typeof listInvitations.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listInvitations.output>> {
    return this.lister.execute(principal);
  }

  @Serves(revokeInvitation)
  revoke(
    { invitationId }: z.output<typeof revokeInvitation.input>,
    { principal }: RequestContext,
  ): Promise<Record<never, never>> {
    return this.revoker.execute(principal, invitationId);
  }

  @Serves(acceptInvitation)
  accept(command: z.output<typeof acceptInvitation.input>): Promise<Tokens> {
    return this.accepter.execute(command);
  }
}
