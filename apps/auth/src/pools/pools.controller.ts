import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { addPoolUser, createPool, listPools, removePoolUser, renamePool } from '@relais/contracts';
import type { z } from 'zod';
import { ChangePoolUsersHandler } from './change-pool-users.js';
import { CreatePoolHandler } from './create-pool.js';
import { ListPoolsHandler } from './list-pools.js';
import type { Pool } from './pool-rows.postgres.js';
import { RenamePoolHandler } from './rename-pool.js';

@Controller()
export class PoolsController {
  constructor(
    private readonly creator: CreatePoolHandler,
    private readonly lister: ListPoolsHandler,
    private readonly renamer: RenamePoolHandler,
    private readonly changer: ChangePoolUsersHandler,
  ) {}

  @Serves(createPool)
  create(command: z.output<typeof createPool.input>, { principal }: RequestContext): Promise<Pool> {
    return this.creator.execute(principal, command);
  }

  @Serves(listPools)
  list(_: z.output<typeof listPools.input>, { principal }: RequestContext): Promise<{ items: Pool[] }> {
    return this.lister.execute(principal);
  }

  @Serves(renamePool)
  rename(command: z.output<typeof renamePool.input>, { principal }: RequestContext): Promise<Pool> {
    return this.renamer.execute(principal, command);
  }

  @Serves(addPoolUser)
  addUser(command: z.output<typeof addPoolUser.input>, { principal }: RequestContext): Promise<Record<never, never>> {
    return this.changer.add(principal, command);
  }

  @Serves(removePoolUser)
  removeUser(
    command: z.output<typeof removePoolUser.input>,
    { principal }: RequestContext,
  ): Promise<Record<never, never>> {
    return this.changer.remove(principal, command);
  }
}
