import { Injectable } from '@nestjs/common';
import { openSession, type Tokens } from '@relais/contracts';
import { AppError, type OrganizationId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { Admission } from '../admission/admission.js';
import { Database } from '../database/database.js';
import { isKnownDevice } from '../devices/device-rows.postgres.js';
import { DirectoryPasswords, type Verdict } from '../directory/directory-passwords.js';
import { EventLog } from '../event-log.js';
import { userSubject } from '../facts/record-fact.js';
import { Refusals } from '../facts/refusals.js';
import { refused, type RefusalReason } from '../metrics.js';
import { organizationOf } from '../organizations/organization-rows.postgres.js';
import { type Attempt, LoginThrottle } from '../passwords/login-throttle.postgres.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { PersonalData } from '../sealing/personal-data.js';
import { exchangePassword, findUserByEmail } from '../users/user-rows.postgres.js';

type Command = z.output<typeof openSession.input>;

interface Account {
  organizationId: OrganizationId;
  userId: UserId;
  isActive: boolean;
  passwordHash: string;
  isKnownDevice: boolean;
}

const NIL = '00000000-0000-0000-0000-000000000000';
const NO_ORGANIZATION = NIL as OrganizationId;
const NO_USER = NIL as UserId;

/**
 * Opens a session with a password. Whether the organization, the account or the password is wrong, and whether the account
 * is disabled, makes no difference in the answer nor in the work done for it.
 */
@Injectable()
export class OpenSessionHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
    private readonly admission: Admission,
    private readonly directories: DirectoryPasswords,
    private readonly events: EventLog,
    private readonly refusals: Refusals,
  ) {}

  async execute(command: Command): Promise<Tokens> {
    try {
      return await this.open(command);
    } catch (error) {
      const reason = REASONS[AppError.from(error).code] ?? 'error';
      refused('password', reason);
      this.events.signInRefused(reason, undefined, undefined, command.device.id);
      throw error;
    }
  }

  private async open(command: Command): Promise<Tokens> {
    this.hasher.assertRoom();
    const organizationId = (await organizationOf(this.db, command.organization)) ?? NO_ORGANIZATION;
    const account = await this.findAccount(organizationId, command);
    try {
      return await this.enter(organizationId, account, command);
    } catch (error) {
      const reason = REASONS[AppError.from(error).code];
      if (reason && organizationId !== NO_ORGANIZATION) this.noteRefusal(organizationId, account, reason);
      throw error;
    }
  }

  private noteRefusal(organizationId: OrganizationId, account: Account | null, reason: RefusalReason): void {
    const actor = account ? userSubject(account.userId) : { kind: 'unknown', id: 'unknown' };
    const after = { method: 'password', reason };
    this.refusals.note(organizationId, { actor, action: 'session.opened', object: actor, after });
  }

  private async enter(asked: OrganizationId, account: Account | null, command: Command): Promise<Tokens> {
    const attempt: Attempt = {
      organization: command.organization,
      email: command.email,
      deviceId: command.device.id,
      isKnownDevice: account?.isKnownDevice ?? false,
    };
    await this.throttle.count(attempt);
    const isOurs = await this.hasher.verify(account?.passwordHash, command.password);
    const verdict = await this.directories.verify(asked, account?.userId ?? NO_USER, command.password, isOurs);
    const isRight = account ? await this.heed(verdict, account, command.password, isOurs) : false;
    if (!account || !isRight || !account.isActive) throw openSession.fail('login_failed');
    await this.throttle.forgive(attempt);
    const { organizationId, userId, passwordHash } = account;
    const tokens = await this.admission.admit({
      organizationId,
      userId,
      device: command.device,
      amr: ['pwd'],
      method: 'password',
      // The password was checked outside of that transaction: it counts only if it is still the one.
      stillHolds: (_, user) => user.password_hash === passwordHash,
    });
    await this.strengthen(account, command.password);
    return tokens;
  }

  /** Asks the same questions whether there is such an account or not: a step left out could be measured. */
  private async findAccount(organizationId: OrganizationId, { email, device }: Command): Promise<Account | null> {
    const index = await this.personal.emailIndex(organizationId, email);
    return this.db.within(organizationId, async (tx) => {
      const user = await findUserByEmail(tx, organizationId, index);
      const isKnown = await isKnownDevice(tx, organizationId, user?.id ?? NO_USER, device);
      if (!user) return null;
      return {
        organizationId,
        userId: user.id,
        isActive: user.state === 'active',
        passwordHash: user.password_hash,
        isKnownDevice: isKnown,
      };
    });
  }

  /**
   * Where the person came from a directory it has its say, as long as it answers. A password that is right there is kept as
   * our own hash: it works on the day the directory is away.
   */
  private async heed(verdict: Verdict, account: Account, password: string, isOurs: boolean): Promise<boolean> {
    const { organizationId, userId, passwordHash } = account;
    if (verdict === 'wrong' || (verdict === 'unknown' && !isOurs)) return false;
    if (await this.directories.isPutOut(organizationId, userId)) return false;
    if (isOurs) return true;
    account.passwordHash = await this.hasher.hash(password);
    return this.db.within(organizationId, (tx) =>
      exchangePassword(tx, organizationId, userId, { from: passwordHash, to: account.passwordHash }),
    );
  }

  /** The parameters have risen since this hash was made; this is the moment the password is at hand. */
  private async strengthen({ organizationId, userId, passwordHash }: Account, password: string): Promise<void> {
    if (!this.hasher.isOutdated(passwordHash)) return;
    try {
      const stronger = await this.hasher.hash(password);
      await this.db.within(organizationId, (tx) =>
        exchangePassword(tx, organizationId, userId, { from: passwordHash, to: stronger }),
      );
    } catch (error) {
      // The next login tries again; this one has succeeded.
      this.events.failed('auth.rehash_failed', error);
    }
  }
}

const REASONS: Readonly<Record<string, RefusalReason>> = {
  login_failed: 'credentials',
  login_throttled: 'throttled',
  login_overloaded: 'overloaded',
  device_id_reused: 'device',
};
