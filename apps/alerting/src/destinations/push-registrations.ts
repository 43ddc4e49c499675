import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import {
  LIMITS,
  listPushRegistrations,
  putPushRegistration,
  type PushKind,
  type PushRegistration,
  type PushTarget,
  readPushKey,
  removePushRegistration,
} from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { setTimer, setTimerAt, type Timer } from '../engine/timers.postgres.js';
import { Duty } from '../engine/work.js';
import { deviceSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { Sealing } from '../sealing.js';
import { NamedUrls } from './named-urls.js';
import { holdPerson } from './contact-rows.postgres.js';
import { dropExpiredPushes, dropPushes, PUSH_DAYS, pushesOf, type PushRow, writePush } from './push-rows.postgres.js';

/** The public half of what this installation signs its Web Pushes with; nothing where it sends none. */
export class VapidPublicKey {
  constructor(readonly value: string | undefined) {}
}

const DAY_SECONDS = 86_400;

/** Where devices are woken, each in the hands of the device itself: it is the one in the caller's token, and no other. */
@Injectable()
export class PushRegistrationsHandler {
  constructor(
    private readonly db: Database,
    private readonly sealing: Sealing,
    private readonly urls: NamedUrls,
    private readonly vapid: VapidPublicKey,
  ) {}

  @Serves(putPushRegistration)
  async put(
    { target, locale }: z.output<typeof putPushRegistration.input>,
    { principal }: RequestContext,
  ): Promise<PushRegistration> {
    const { organizationId, userId, deviceId } = principal;
    if ('endpoint' in target && !this.urls.mayBeNamed(target.endpoint))
      throw putPushRegistration.fail('forbidden_address', 'its host is one that only machines of ours know');
    const { kind } = target;
    const sealed = await this.sealing.seal(organizationId, 'push_registration.target', `${deviceId}.${kind}`, target);
    const index = await this.sealing.destinationIndex(organizationId, kind, `${kind} ${placeOf(target)}`);
    return this.db.within(organizationId, async (tx) => {
      await this.assertRoom(tx, principal, kind);
      const push = { deviceId, userId, kind, sealed, index, locale };
      const { written, isNew } = await writePush(tx, organizationId, push);
      await setTimerAt(
        tx,
        organizationId,
        expiryOf(organizationId),
        new Date(Date.now() + PUSH_DAYS * DAY_SECONDS * 1_000),
      );
      if (isNew) await record(tx, organizationId, userId, 'push-registration.added', written);
      return toRegistration(written);
    });
  }

  @Serves(listPushRegistrations)
  async list(_: unknown, { principal }: RequestContext): Promise<z.input<typeof listPushRegistrations.output>> {
    const { organizationId, userId } = principal;
    const found = await this.db.within(organizationId, (tx) => pushesOf(tx, organizationId, [userId]));
    return { items: found.map(toRegistration) };
  }

  @Serves(removePushRegistration)
  async remove({ kind }: { kind: PushKind }, { principal }: RequestContext): Promise<Record<string, never>> {
    const { organizationId, userId, deviceId } = principal;
    return this.db.within(organizationId, async (tx) => {
      const gone = await dropPushes(tx, organizationId, { deviceId, userId, kind });
      for (const push of gone) await record(tx, organizationId, userId, 'push-registration.removed', push);
      return {};
    });
  }

  @Serves(readPushKey)
  readKey(_: unknown, _context: RequestContext): Promise<z.input<typeof readPushKey.output>> {
    const { value } = this.vapid;
    return Promise.resolve(value ? { vapidPublicKey: value } : {});
  }

  /** What nobody has renewed for so long is forgotten. */
  @Duty('push-expiry')
  async expire(tx: Tx, { organization_id: organizationId }: Timer): Promise<boolean> {
    const nextSeconds = await dropExpiredPushes(tx, organizationId);
    if (nextSeconds !== null)
      await setTimer(tx, organizationId, expiryOf(organizationId), Math.max(DAY_SECONDS, nextSeconds));
    return false;
  }

  private async assertRoom(tx: Tx, { organizationId, userId, deviceId }: Principal, kind: PushKind): Promise<void> {
    await holdPerson(tx, organizationId, userId);
    const all = await pushesOf(tx, organizationId, [userId]);
    const isKnown = all.some((one) => one.device_id === deviceId && one.kind === kind);
    if (!isKnown && all.length >= LIMITS.pushRegistrations)
      throw putPushRegistration.fail('too_many_registrations', `there are ${all.length}: remove a device`);
  }
}

const expiryOf = (organizationId: OrganizationId) => ({ subject_id: organizationId, kind: 'push-expiry' });

/** What two devices cannot have in common. */
const placeOf = (target: PushTarget): string => ('endpoint' in target ? target.endpoint : target.token);

const toRegistration = ({ device_id, kind, renewed_at, expires_at }: PushRow): PushRegistration => ({
  ...{ deviceId: device_id, kind, renewedAt: renewed_at.toISOString(), expiresAt: expires_at.toISOString() },
});

const record = (
  tx: Tx,
  organizationId: OrganizationId,
  userId: string,
  action: 'push-registration.added' | 'push-registration.removed',
  { device_id, kind }: PushRow,
): Promise<void> =>
  recordFact(tx, organizationId, {
    ...{ actor: userSubject(userId), action, object: deviceSubject(device_id) },
    after: { kind },
  });
