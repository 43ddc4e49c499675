import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { addMembers, changeRole, listMembers, removeMember } from '@relais/contracts';
import type { z } from 'zod';
import { ChangeMembersHandler } from './change-members.js';
import { ListMembersHandler } from './list-members.js';

@Controller()
export class MembersController {
  constructor(
    private readonly changer: ChangeMembersHandler,
    private readonly lister: ListMembersHandler,
  ) {}

  @Serves(listMembers)
  list(page: z.infer<typeof listMembers.input>, { principal }: RequestContext) {
    return this.lister.execute(page, principal);
  }

  @Serves(addMembers)
  async add(command: z.infer<typeof addMembers.input>, { principal }: RequestContext) {
    await this.changer.add(command, principal);
    return {};
  }

  @Serves(removeMember)
  async remove(command: z.infer<typeof removeMember.input>, { principal }: RequestContext) {
    await this.changer.remove(command, principal);
    return {};
  }

  @Serves(changeRole)
  async changeRole(command: z.infer<typeof changeRole.input>, { principal }: RequestContext) {
    await this.changer.changeRole(command, principal);
    return {};
  }
}
