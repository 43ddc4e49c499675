import { Injectable } from '@nestjs/common';
import { openSession, type Revocation, type Tokens } from '@relais/contracts';
import { AppError, Clock, type OrganizationId, type UserId } from '@relais/kernel';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { isKnownDevice } from '../devices/device-rows.postgres.js';
import { EventLog } from '../event-log.js';
import { admitted, refused, type RefusalReason } from '../metrics.js';
import { organizationOf } from '../organizations/organization-rows.postgres.js';
import { type Attempt, LoginThrottle } from '../passwords/login-throttle.postgres.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { PersonalData } from '../sealing/personal-data.js';
import { readEpoch, Revocations } from '../trust/revocations.postgres.js';
import { exchangePassword, findUserByEmail, holdUser } from '../users/user-rows.postgres.js';
import { startSession } from './session-rows.postgres.js';
import { type Grant, TokenIssuer } from './token-issuer.js';

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
    private readonly issuer: TokenIssuer,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
    private readonly events: EventLog,
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
    const account = await this.findAccount(command);
    const attempt: Attempt = {
      organization: command.organization,
      email: command.email,
      deviceId: command.device.id,
      isKnownDevice: account?.isKnownDevice ?? false,
    };
    await this.throttle.count(attempt);
    const isRight = await this.hasher.verify(account?.passwordHash, command.password);
    if (!account || !isRight || !account.isActive) throw openSession.fail('login_failed');
    await this.throttle.forgive(attempt);
    const tokens = await this.admit(account, command);
    await this.strengthen(account, command.password);
    return tokens;
  }

  /** Asks the same questions whether there is such an account or not: a step left out could be measured. */
  private async findAccount({ organization, email, device }: Command): Promise<Account | null> {
    const organizationId = (await organizationOf(this.db, organization)) ?? NO_ORGANIZATION;
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

  private async admit(account: Account, { device }: Command): Promise<Tokens> {
    const { organizationId, userId } = account;
    const place = { organizationId, column: 'device.name', rowId: device.id } as const;
    const nameSealed = await this.personal.sealOfUser(userId, place, device.name);
    const { grant, revocations } = await this.db.within(organizationId, (tx) =>
      this.start(tx, account, { device, nameSealed }),
    );
    this.revocations.announce(revocations);
    admitted('password');
    this.events.signedIn(organizationId, userId, device.id);
    return this.issuer.issue(grant);
  }

  private async start(
    tx: Tx,
    { organizationId, userId, passwordHash }: Account,
    { device, nameSealed }: { device: Command['device']; nameSealed: Buffer },
  ): Promise<{ grant: Grant; revocations: Revocation[] }> {
    const epoch = await readEpoch(tx);
    const user = await holdUser(tx, organizationId, userId);
    // The password was checked outside of this transaction: it counts only if it is still the one.
    if (user?.state !== 'active' || user.password_hash !== passwordHash) throw openSession.fail('login_failed');
    const now = this.clock.now();
    return startSession(tx, { organizationId, userId, role: user.role, device, nameSealed, amr: ['pwd'], epoch, now });
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
