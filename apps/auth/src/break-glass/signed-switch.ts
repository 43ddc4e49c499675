import { generateKeyPairSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { OUTAGE_KEYS, signedOutageSwitch } from '@relais/contracts';
import { Clock, type OrganizationId } from '@relais/kernel';
import { verifyDeviceStatement } from '@relais/security';
import { z } from 'zod';
import { Database } from '../database/database.js';
import { Refusals } from '../facts/refusals.js';
import { systemSubject, userSubject } from '../facts/record-fact.js';
import { organizationOf } from '../organizations/organization-rows.postgres.js';
import { findOutageKey, type OutageKeyRow, useCommandOnce } from './outage-key-rows.postgres.js';
import { OutageSwitch } from './outage-switch.js';

type Command = z.output<typeof signedOutageSwitch.input>;

const NOBODY = '00000000-0000-0000-0000-000000000000' as OrganizationId;
/** Stands where there is no such key: looking at a command takes the same time. */
const nobodysKey = String(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x);

const said = z.strictObject({
  org: z.string(),
  key: z.string(),
  on: z.boolean(),
  reason: z.string().trim().min(1).max(1_024),
  iat: z.int(),
});
type Said = z.infer<typeof said>;

/** The switch that needs nothing but this service, its database and a key that was issued before (T-22). */
@Injectable()
export class SignedSwitchHandler {
  constructor(
    private readonly db: Database,
    private readonly outage: OutageSwitch,
    private readonly refusals: Refusals,
    private readonly clock: Clock,
  ) {}

  @Serves(signedOutageSwitch)
  async execute(command: Command): Promise<{ on: boolean; changedAt: string }> {
    const organizationId = (await organizationOf(this.db, command.organization)) ?? NOBODY;
    const key = await this.db.within(organizationId, (tx) => findOutageKey(tx, organizationId, command.keyId));
    const signed = await this.read(command, key);
    if (!key || !signed) throw this.refuse(organizationId, key, 'signature');
    const now = this.clock.now();
    const { on, reason, iat: signedAt } = signed;
    const actor = systemSubject('outage-key', key.id);
    const switching = { on, reason, means: 'key' as const, changedBy: key.issued_by, actor };
    const onBehalfOf = userSubject(key.issued_by);
    const { changedAt } = await this.outage.turn(organizationId, { ...switching, onBehalfOf }, async (tx) => {
      if (!(await useCommandOnce(tx, organizationId, key.id, { signedAt, now })))
        throw this.refuse(organizationId, key, 'used_or_expired');
    });
    return { on, changedAt: changedAt ?? now.toISOString() };
  }

  /** What this very key says about this very organization. */
  private async read({ command, organization, keyId }: Command, key: OutageKeyRow | null): Promise<Said | null> {
    const { commandType } = OUTAGE_KEYS;
    const statement = await verifyDeviceStatement(
      key?.public_key ?? nobodysKey,
      commandType,
      command,
      this.clock.now(),
    );
    const parsed = said.safeParse(statement);
    return parsed.success && parsed.data.org === organization && parsed.data.key === keyId ? parsed.data : null;
  }

  /** One answer for whatever went wrong; the fact says what, where there is a key that it is about. */
  private refuse(organizationId: OrganizationId, key: OutageKeyRow | null, reason: string) {
    if (key)
      this.refusals.note(
        organizationId,
        {
          ...{ actor: systemSubject('outage-key', key.id), action: 'outage-mode.changed', after: { reason } },
          object: { kind: 'organization', id: organizationId },
        },
        reason,
      );
    return signedOutageSwitch.fail('outage_switch_refused');
  }
}
