import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { type PostureSettings, receiveSecurityEvent, type Revocation } from '@relais/contracts';
import { AppError, Clock, type OrganizationId } from '@relais/kernel';
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { systemSubject } from '../facts/record-fact.js';
import { Refusals } from '../facts/refusals.js';
import { Revocations } from '../trust/revocations.postgres.js';
import { ApplyPosture } from './apply-posture.js';
import { type Ended, EndSessions } from './end-sessions.js';
import { findSource, noteReceipt } from './posture-rows.postgres.js';
import { PostureSecrets } from './posture-settings.js';
import { ALGORITHMS, readSecurityEvent, type SecurityEvent, setError } from './security-event.js';
import { TransmitterKeys } from './transmitter-keys.js';

type Command = z.output<typeof receiveSecurityEvent.input>;
type Caep = Extract<PostureSettings, { kind: 'caep' }>;

/** Takes security event tokens of transmitters that an administrator knows (RFC 8935). */
@Injectable()
export class ReceiveSecurityEventHandler {
  constructor(
    private readonly db: Database,
    private readonly secrets: PostureSecrets,
    private readonly keys: TransmitterKeys,
    private readonly posture: ApplyPosture,
    private readonly sessions: EndSessions,
    private readonly revocations: Revocations,
    private readonly refusals: Refusals,
    private readonly clock: Clock,
  ) {}

  @Serves(receiveSecurityEvent)
  async execute(command: Command): Promise<Record<never, never>> {
    const { organizationId, sourceId, body } = command;
    const settings = await this.settingsOf(command);
    try {
      const event = readSecurityEvent(await this.verify(settings, body), this.clock.now());
      this.revocations.announce(await this.apply(command, event));
    } catch (error) {
      const { code } = AppError.from(error);
      const source = systemSubject('posture_source', sourceId);
      this.refusals.note(organizationId, {
        ...{ actor: source, object: source, action: 'posture.reported', after: { code } },
      });
      throw error;
    }
    return {};
  }

  /** Who does not know a source learns nothing of it: it is as if the key were wrong. */
  private async settingsOf({ organizationId, sourceId }: Command): Promise<Caep> {
    const found = await this.db.within(organizationId, (tx) => findSource(tx, organizationId, sourceId));
    const { settings } = found ? await this.secrets.open(organizationId, found) : {};
    if (settings?.kind !== 'caep') throw setError('set_authentication_failed', 'no such stream');
    return settings;
  }

  private async verify(settings: Caep, token: string): Promise<unknown> {
    const { kid } = headerOf(token);
    const set = await this.keys.of(settings, kid).catch(() => {
      throw receiveSecurityEvent.fail('keys_unavailable');
    });
    const { issuer, audience } = settings;
    try {
      const verified = await jwtVerify(token, createLocalJWKSet(set), {
        ...{ issuer, audience, algorithms: ALGORITHMS, typ: 'secevent+jwt', currentDate: this.clock.now() },
      });
      return verified.payload;
    } catch (error) {
      throw understood(error);
    }
  }

  /**
   * The receipt and what it brings about are one transaction. A token that comes again is acknowledged without effect, because
   * the first answer may have been lost; another one under the same id is refused.
   */
  private async apply({ organizationId, sourceId, body }: Command, event: SecurityEvent): Promise<Revocation[]> {
    const { jti, change, ended } = event;
    const found = { sourceId, ...(await this.lookedUp(organizationId, event)) };
    return this.db.within(organizationId, async (tx) => {
      const [messageHash, contentHash] = [hash('sha256', jti, 'buffer'), hash('sha256', body, 'buffer')];
      const receipt = { sourceId, messageHash, contentHash, now: this.clock.now() };
      const seen = await noteReceipt(tx, organizationId, receipt);
      if (seen === 'other') throw setError('set_invalid_request', 'jti was used for another token');
      if (seen === 'same') return [];
      if (ended) return this.sessions.apply(tx, organizationId, { ...ended, ...found });
      const { mdmIdIndex } = found;
      return change && mdmIdIndex ? this.posture.apply(tx, organizationId, { ...change, sourceId, mdmIdIndex }) : [];
    });
  }

  private async lookedUp(
    organizationId: OrganizationId,
    { change, ended }: SecurityEvent,
  ): Promise<Pick<Ended, 'mdmIdIndex' | 'emailIndex'>> {
    const deviceName = change?.deviceName ?? ended?.deviceName;
    if (deviceName !== undefined) return { mdmIdIndex: await this.secrets.mdmIdIndex(organizationId, deviceName) };
    return ended?.email === undefined ? {} : { emailIndex: await this.secrets.emailIndex(organizationId, ended.email) };
  }
}

function headerOf(token: string): { kid?: string | undefined } {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw setError('set_invalid_request', 'not a signed token');
  }
}

/** In the words of RFC 8935, 2.4. */
function understood(error: unknown): AppError {
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return setError('set_invalid_issuer', 'another issuer was expected');
    if (error.claim === 'aud') return setError('set_invalid_audience', 'another audience was expected');
    return setError('set_invalid_request', `${error.claim} is not as expected`);
  }
  if (error instanceof errors.JWKSNoMatchingKey) return setError('set_invalid_key', 'signed with a key not known here');
  return setError('set_authentication_failed', 'the signature is not right');
}
