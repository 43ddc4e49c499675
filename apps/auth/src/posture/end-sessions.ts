import { Injectable } from '@nestjs/common';
import type { Revocation } from '@relais/contracts';
import type { OrganizationId } from '@relais/kernel';
import type { Tx } from '../database/database.js';
import { deviceSubject, recordFact, systemSubject, userSubject } from '../facts/record-fact.js';
import { endSessions, type SessionSelection } from '../sessions/session-rows.postgres.js';
import { findUserByEmail } from '../users/user-rows.postgres.js';
import { devicesCalled, UUID } from './posture-rows.postgres.js';

/** Whose sessions a source says have ended: those of a device, or of a person on all of theirs. */
export interface Ended {
  sourceId: string;
  deviceName?: string;
  mdmIdIndex?: Buffer | undefined;
  emailIndex?: Buffer | undefined;
}

/** Makes of `session-revoked` what it means here: sessions end, and whoever had them may sign in again. */
@Injectable()
export class EndSessions {
  /** Somebody, or a device, nobody here knows is none of ours. Announce what is returned. */
  async apply(tx: Tx, organizationId: OrganizationId, ended: Ended): Promise<Revocation[]> {
    const revocations: Revocation[] = [];
    for (const selection of await this.selected(tx, organizationId, ended)) {
      const gone = await endSessions(tx, 'signal', organizationId, selection);
      if (gone.length === 0) continue;
      const object = selection.deviceId ? deviceSubject(selection.deviceId) : userSubject(selection.userId as never);
      const actor = systemSubject('posture_source', ended.sourceId);
      await recordFact(tx, organizationId, { actor, action: 'session.revoked', object, after: { ended: gone.length } });
      revocations.push(...gone);
    }
    return revocations;
  }

  private async selected(
    tx: Tx,
    organizationId: OrganizationId,
    { deviceName, mdmIdIndex, emailIndex }: Ended,
  ): Promise<SessionSelection[]> {
    if (deviceName !== undefined && mdmIdIndex) {
      const name = deviceName.toLowerCase();
      const deviceId = UUID.test(name) ? name : null;
      const devices = await devicesCalled(tx, organizationId, { deviceId, mdmIdIndex });
      return devices.map(({ id }) => ({ deviceId: id }));
    }
    const user = emailIndex && (await findUserByEmail(tx, organizationId, emailIndex));
    return user ? [{ userId: user.id }] : [];
  }
}
