import { Injectable } from '@nestjs/common';
import type { NewDevice } from '@relais/contracts';
import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { type PasswordProblem, PasswordPolicy } from '../passwords/password-policy.js';
import { PersonalData, type SealedName } from '../sealing/personal-data.js';

export interface PersonDetails {
  email: string;
  displayName: string;
  password: string;
  device: NewDevice;
}

/** A person made ready to be written: everything slow, and everything that asks the keystore, is done. */
export interface Newcomer {
  id: UserId;
  emailIndex: Buffer;
  emailSealed: Buffer;
  name: SealedName;
  deviceNameSealed: Buffer;
  passwordHash: string;
}

/** Prepares people before the transaction that adds them. */
@Injectable()
export class Newcomers {
  constructor(
    private readonly personal: PersonalData,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
  ) {}

  problemOf({ password, email, displayName }: PersonDetails, known: readonly string[] = []): PasswordProblem | null {
    return this.policy.problemOf(password, [email, displayName, ...known]);
  }

  /** @throws AppError `login_overloaded` */
  async prepare(organizationId: OrganizationId, details: PersonDetails): Promise<Newcomer> {
    const id = newId<UserId>();
    const passwordHash = await this.hasher.hash(details.password);
    const seal = (column: 'app_user.email' | 'device.name', rowId: string, text: string) =>
      this.personal.sealOfUser(id, { organizationId, column, rowId }, text);
    const [emailIndex, emailSealed, name, deviceNameSealed] = await Promise.all([
      this.personal.emailIndex(organizationId, details.email),
      seal('app_user.email', id, details.email),
      this.personal.sealName(organizationId, id, details.displayName),
      seal('device.name', details.device.id, details.device.name),
    ]);
    return { id, emailIndex, emailSealed, name, deviceNameSealed, passwordHash };
  }
}
