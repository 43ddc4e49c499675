import { Injectable } from '@nestjs/common';
import { issueBotToken, type Scope } from '@relais/contracts';
import { Clock, type DeviceId, type SessionId } from '@relais/kernel';
import { hashSecret, signAccessToken } from '@relais/security';
import type { z } from 'zod';
import { Database, type Tx } from '../database/database.js';
import { recordFact } from '../facts/record-fact.js';
import { Refusals } from '../facts/refusals.js';
import { admitted, refused } from '../metrics.js';
import { Settings } from '../settings.js';
import { readEpoch } from '../trust/revocations.postgres.js';
import { SigningKeys } from '../trust/signing-keys.postgres.js';
import { type ClaimedAssertion, readAssertion, verifyAssertion } from './bot-assertion.js';
import { holdKey, noteUse, useAssertion } from './bot-key-rows.postgres.js';

type Answer = z.input<typeof issueBotToken.output>;
type Reason = 'unknown_key' | 'assertion' | 'replayed' | 'disabled';
interface Granted extends ClaimedAssertion {
  scopes: Scope[];
  keyThumbprint: string;
  epoch: number;
  now: Date;
}

/**
 * Tokens for bots (RFC 7523). The key that signed the assertion is the token's device and session: retiring it ends them,
 * disabling the bot ends all of its tokens. All ways of failing look the same.
 */
@Injectable()
export class IssueBotTokenHandler {
  constructor(
    private readonly db: Database,
    private readonly keys: SigningKeys,
    private readonly settings: Settings,
    private readonly refusals: Refusals,
    private readonly clock: Clock,
  ) {}

  async execute(assertion: string): Promise<Answer> {
    const claimed = readAssertion(assertion);
    if (!claimed) return this.refuse();
    const outcome = await this.db.within(claimed.organizationId, (tx) => this.decide(tx, claimed, assertion));
    if (typeof outcome !== 'object') return this.refuse(claimed, outcome);
    admitted('bot');
    return this.issue(outcome);
  }

  /** A used assertion stays used, whatever comes after it; so answers are values and none is thrown. */
  private async decide(tx: Tx, claimed: ClaimedAssertion, assertion: string): Promise<Granted | Reason> {
    const { organizationId, botId, keyId } = claimed;
    const now = this.clock.now();
    const epoch = await readEpoch(tx);
    const key = await holdKey(tx, organizationId, botId, keyId);
    if (!key) return 'unknown_key';
    const proved = await verifyAssertion(assertion, claimed, key.public_key, now);
    if (!proved) return 'assertion';
    const jtiHash = hashSecret(`${botId}\n${proved.jti}`);
    if (!(await useAssertion(tx, organizationId, jtiHash, proved.expiresAt))) return 'replayed';
    if (key.state !== 'active') return 'disabled';
    await noteUse(tx, organizationId, botId, now);
    await recordFact(tx, organizationId, {
      actor: { kind: 'bot', id: botId },
      action: 'bot.signed-in',
      object: { kind: 'bot-key', id: keyId },
      after: { scopes: key.scopes },
    });
    return { ...claimed, scopes: key.scopes, keyThumbprint: key.key_thumbprint, epoch, now };
  }

  private async issue({ organizationId, botId, keyId, scopes, keyThumbprint, epoch, now }: Granted): Promise<Answer> {
    const iat = Math.floor(now.getTime() / 1_000);
    const exp = iat + this.settings.accessTokenSeconds;
    const accessToken = await signAccessToken(
      {
        iss: 'relais',
        aud: 'relais',
        sub: botId,
        org: organizationId,
        dev: keyId as string as DeviceId,
        sid: keyId as string as SessionId,
        roles: ['member'],
        amr: ['swk'],
        auth_time: iat,
        scope: scopes.join(' '),
        epoch,
        cnf: { jkt: keyThumbprint },
        iat,
        exp,
      },
      this.keys.current(),
    );
    const accessTokenExpiresAt = new Date(exp * 1_000).toISOString();
    return { accessToken, accessTokenExpiresAt, userId: botId, organizationId, scopes };
  }

  /** An unknown key is nobody's: a caller may name any organization and bot, so nothing is written there. */
  private refuse(claimed?: ClaimedAssertion, reason: Reason | 'malformed' = 'malformed'): never {
    refused('bot', reason === 'disabled' ? 'credentials' : 'token');
    if (claimed && reason !== 'unknown_key') {
      const actor = { kind: 'bot', id: claimed.botId };
      const object = { kind: 'bot-key', id: claimed.keyId };
      this.refusals.note(claimed.organizationId, { actor, action: 'bot.signed-in', object, after: { reason } });
    }
    throw issueBotToken.fail('bot_refused');
  }
}
