import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  activateRemoteLock,
  type AuthenticationPolicy,
  deactivateRemoteLock,
  fetchRemoteSecret,
} from '@relais/contracts';
import { type AppError, Clock, type OrganizationId } from '@relais/kernel';
import { newSecret, type Principal, verifyDeviceStatement } from '@relais/security';
import { z } from 'zod';
import { policyOf } from '../authentication-policy/authentication-policy-rows.postgres.js';
import { Database, type Tx } from '../database/database.js';
import { lockDeviceOf } from '../devices/change-device-state.postgres.js';
import { actorSubject, deviceSubject, type NewFact, recordFact } from '../facts/record-fact.js';
import { Refusals } from '../facts/refusals.js';
import { actorOf } from '../permissions/actor.postgres.js';
import { PersonalData } from '../sealing/personal-data.js';
import { formatScopedSecret, newScopedSecret, parseScopedSecret } from '../secrets/scoped-secret.js';
import {
  deleteRemoteSecret,
  findHeldSecret,
  type HeldSecret,
  writeRemoteSecret,
} from './remote-secret-rows.postgres.js';

type Command = z.output<typeof fetchRemoteSecret.input>;
type Held = z.input<typeof fetchRemoteSecret.output>;

/** A device that is connected hears of a lock at once, by its socket: asking is for one that is not. */
const POLL_SECONDS = 300;

/** The device's side of the remote lock: it holds a token, and the server what its data is locked with. */
@Injectable()
export class HoldRemoteSecretHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly refusals: Refusals,
    private readonly clock: Clock,
  ) {}

  @Serves(activateRemoteLock)
  async activate(_: unknown, { principal }: RequestContext): Promise<z.input<typeof activateRemoteLock.output>> {
    const { organizationId, userId, deviceId } = principal;
    const [token, remoteSecret] = [newScopedSecret(organizationId), newSecret()];
    const sealed = await this.personal.sealOfUser(userId, placeOf(organizationId, deviceId), remoteSecret);
    const held = await this.db.within(organizationId, async (tx) => {
      await actorOf(tx, principal);
      const { remoteLock } = await policyOf(tx, organizationId, userId);
      if (!remoteLock) throw activateRemoteLock.fail('remote_lock_off');
      await lockDeviceOf(tx, organizationId, { userId, deviceId });
      if (!(await writeRemoteSecret(tx, token, { deviceId, sealed, now: this.clock.now() })))
        throw activateRemoteLock.fail('remote_lock_off', 'the device is locked');
      await this.record(tx, principal, 'remote-lock.activated');
      return heldUnder(remoteLock);
    });
    return { ...held, remoteSecret, fetchToken: formatScopedSecret(token) };
  }

  @Serves(deactivateRemoteLock)
  deactivate(_: unknown, { principal }: RequestContext): Promise<Record<never, never>> {
    const { organizationId, userId, deviceId } = principal;
    return this.db.within(organizationId, async (tx) => {
      await actorOf(tx, principal);
      const { remoteLock } = await policyOf(tx, organizationId, userId);
      if (remoteLock) throw deactivateRemoteLock.fail('remote_lock_required');
      if (await deleteRemoteSecret(tx, organizationId, deviceId))
        await this.record(tx, principal, 'remote-lock.deactivated');
      return {};
    });
  }

  /** Given as long as it is there and nobody has locked it, whatever the policy says now: the data is still wrapped with it. */
  @Serves(fetchRemoteSecret)
  async fetch({ fetchToken, deviceId, proof }: Command): Promise<Held> {
    const token = parseScopedSecret(fetchToken);
    if (!token) throw fetchRemoteSecret.fail('remote_secret_unknown');
    const { organizationId } = token;
    const found = await this.db.within(organizationId, async (tx) => {
      const secret = await findHeldSecret(tx, token, deviceId);
      return secret && { secret, policy: await policyOf(tx, organizationId, secret.user_id) };
    });
    const said = z.looseObject({ dev: z.literal(deviceId) });
    const now = this.clock.now();
    const type = 'relais-remote-secret+jwt';
    const statement = found && (await verifyDeviceStatement(found.secret.public_key, type, proof, now));
    if (!found || !said.safeParse(statement).success) throw fetchRemoteSecret.fail('remote_secret_unknown');
    const refusal = refusalOf(found.secret);
    if (refusal) {
      const device = deviceSubject(deviceId);
      const after = { code: refusal.code };
      this.refusals.note(organizationId, { actor: device, action: 'remote-secret.withheld', object: device, after });
      throw refusal;
    }
    const remoteSecret = await this.personal.open(placeOf(organizationId, deviceId), found.secret.secret_sealed);
    return { ...heldUnder(found.policy.remoteLock), remoteSecret };
  }

  private record(tx: Tx, principal: Principal, action: NewFact['action']): Promise<void> {
    const object = deviceSubject(principal.deviceId);
    return recordFact(tx, principal.organizationId, { actor: actorSubject(principal), action, object });
  }
}

function refusalOf({ locked_at, device_state, user_state }: HeldSecret): AppError | null {
  if (device_state === 'wipe_pending') return fetchRemoteSecret.fail('wipe_pending');
  if (device_state === 'gone' || device_state === 'wiped') return fetchRemoteSecret.fail('remote_secret_unknown');
  const isOpen = locked_at === null && device_state === 'active' && user_state === 'active';
  return isOpen ? null : fetchRemoteSecret.fail('remote_locked');
}

const placeOf = (organizationId: OrganizationId, deviceId: Principal['deviceId']) =>
  ({ organizationId, column: 'remote_secret.secret', rowId: deviceId }) as const;

const heldUnder = (remoteLock: AuthenticationPolicy['remoteLock']): Omit<Held, 'remoteSecret'> => ({
  graceSeconds: (remoteLock?.graceHours ?? 0) * 3_600,
  pollSeconds: POLL_SECONDS,
});
