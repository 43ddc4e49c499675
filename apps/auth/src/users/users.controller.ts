import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { listUsers, readMe, removeUser, resolveUsers, updateUser, type User } from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import type { z } from 'zod';
import { ListUsersHandler } from './list-users.js';
import { ReadMeHandler } from './read-me.js';
import { RemoveUserHandler } from './remove-user.js';
import { ResolveUsersHandler } from './resolve-users.js';
import { UpdateUserHandler } from './update-user.js';

@Controller()
export class UsersController {
  constructor(
    private readonly reader: ReadMeHandler,
    private readonly lister: ListUsersHandler,
    private readonly resolver: ResolveUsersHandler,
    private readonly updater: UpdateUserHandler,
    private readonly remover: RemoveUserHandler,
  ) {}

  @Serves(readMe)
  me(_: z.output<typeof readMe.input>, { principal }: RequestContext): Promise<z.input<typeof readMe.output>> {
    return this.reader.execute(principal);
  }

  @Serves(listUsers)
  list(
    page: z.output<typeof listUsers.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listUsers.output>> {
    return this.lister.execute(principal, page);
  }

  @Serves(resolveUsers)
  resolve(
    { userIds }: z.output<typeof resolveUsers.input>,
    { principal }: RequestContext,
  ): Promise<{ userIds: UserId[] }> {
    return this.resolver.execute(principal, userIds);
  }

  @Serves(updateUser)
  update(command: z.output<typeof updateUser.input>, { principal }: RequestContext): Promise<User> {
    return this.updater.execute(principal, command);
  }

  @Serves(removeUser)
  remove({ userId }: z.output<typeof removeUser.input>, { principal }: RequestContext): Promise<Record<never, never>> {
    return this.remover.execute(principal, userId);
  }
}
