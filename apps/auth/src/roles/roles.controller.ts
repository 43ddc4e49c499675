import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  assignRole,
  type CustomRole,
  deleteRole,
  listRoleAssignments,
  listRoles,
  putRole,
  readMyPermissions,
  type RoleAssignment,
  unassignRole,
} from '@relais/contracts';
import type { z } from 'zod';
import { AssignRolesHandler } from './assign-roles.js';
import { CustomRolesHandler } from './custom-roles.js';
import { ReadMyPermissionsHandler } from './read-my-permissions.js';

type Nothing = Record<never, never>;

@Controller()
export class RolesController {
  constructor(
    private readonly roles: CustomRolesHandler,
    private readonly assigner: AssignRolesHandler,
    private readonly mine: ReadMyPermissionsHandler,
  ) {}

  @Serves(listRoles)
  list(_: z.output<typeof listRoles.input>, { principal }: RequestContext): Promise<{ items: CustomRole[] }> {
    return this.roles.list(principal);
  }

  @Serves(putRole)
  put(command: z.output<typeof putRole.input>, { principal }: RequestContext): Promise<CustomRole> {
    return this.roles.put(principal, command);
  }

  @Serves(deleteRole)
  remove({ roleId }: z.output<typeof deleteRole.input>, { principal }: RequestContext): Promise<Nothing> {
    return this.roles.remove(principal, roleId);
  }

  @Serves(listRoleAssignments)
  listAssignments(
    { roleId }: z.output<typeof listRoleAssignments.input>,
    { principal }: RequestContext,
  ): Promise<{ items: RoleAssignment[] }> {
    return this.assigner.list(principal, roleId);
  }

  @Serves(assignRole)
  assign(command: z.output<typeof assignRole.input>, { principal }: RequestContext): Promise<Nothing> {
    return this.assigner.assign(principal, command);
  }

  @Serves(unassignRole)
  unassign(command: z.output<typeof unassignRole.input>, { principal }: RequestContext): Promise<Nothing> {
    return this.assigner.unassign(principal, command);
  }

  @Serves(readMyPermissions)
  readMine(
    _: z.output<typeof readMyPermissions.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof readMyPermissions.output>> {
    return this.mine.execute(principal);
  }
}
