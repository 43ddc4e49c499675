import { Injectable } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { type Permission, readMyPermissions } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { Principal } from '@relais/security';

/** What somebody may do, as auth says now. */
@Injectable()
export class Access {
  constructor(private readonly bus: Bus) {}

  /** @throws AppError `forbidden`. A bot needs none beside its scope. */
  async assertMay({ token, scopes }: Principal, wanted: Permission): Promise<void> {
    if (scopes || (await this.may({ token }, wanted))) return;
    throw new AppError('forbidden', 'forbidden', `needs the permission ${wanted}`);
  }

  async may({ token }: Pick<Principal, 'token'>, wanted: Permission): Promise<boolean> {
    const { permissions } = await this.bus.request(readMyPermissions, {}, { token });
    return permissions.some(({ permission, poolIds }) => permission === wanted && poolIds === undefined);
  }
}
