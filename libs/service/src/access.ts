import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type Permission, readMyPermissions, type Scope } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';

/** What somebody may do, as auth says now. */
@Injectable()
export class Access {
  constructor(private readonly bus: Bus) {}

  /** @throws AppError `forbidden`. A bot needs none beside its scope. */
  async assertMay({ token, scopes }: Principal, wanted: Permission): Promise<void> {
    if (!scopes && !(await this.may({ token }, wanted))) throw lacks(wanted);
  }

  /**
   * The same for what lets others alarm everybody without being asked again. A bot has proved its key for this very token, so
   * the scope is enough there, and no other one is.
   *
   * @throws AppError `forbidden`, or `step_up_required` for who has not shown lately who they are: see `beginStepUp`
   */
  async assertMayNow({ token, scopes }: Principal, wanted: Permission, scope: Scope): Promise<void> {
    if (scopes?.includes(scope)) return;
    if (scopes) throw new AppError('forbidden', 'forbidden', undefined, { says: `needs the scope ${scope}` });
    const mine = await this.bus.request(readMyPermissions, {}, { token });
    if (!holds(mine, wanted)) throw lacks(wanted);
    if (!mine.isFresh) throw new AppError('forbidden', 'step_up_required');
  }

  async may({ token }: Pick<Principal, 'token'>, wanted: Permission): Promise<boolean> {
    return holds(await this.bus.request(readMyPermissions, {}, { token }), wanted);
  }
}

type Mine = Pick<z.output<typeof readMyPermissions.output>, 'permissions'>;

const holds = ({ permissions }: Mine, wanted: Permission): boolean =>
  permissions.some(({ permission, poolIds }) => permission === wanted && poolIds === undefined);

const lacks = (wanted: Permission): AppError =>
  new AppError('forbidden', 'forbidden', undefined, { says: `needs the permission ${wanted}` });
