import { Injectable } from '@nestjs/common';
import { type AlarmSourceSettings, receiveAlertmanager, type ReceivingSettings } from '@relais/contracts';
import { Database } from '@relais/database';
import type { OrganizationId } from '@relais/kernel';
import { DeliveryLog } from './delivery-log.js';
import { findSource, PER_SECOND, type SourceRow, takeToken } from './source-rows.postgres.js';
import { SourceSettings } from './source-settings.js';
import type { ReceivingSource } from './take-incident.js';

export interface Asked {
  organizationId: OrganizationId;
  sourceId: string;
}

/** Shows who it is, or not. @param found null where there is no such source: it must take as long */
type Check = (found: SourceRow | null, keys: readonly string[]) => boolean;

const RETRY_AFTER_MS = 1_000 / PER_SECOND;
const PAUSED_RETRY_MS = 60_000;

/** Lets in what a source sends: who knows its secret, and as often as it may. */
@Injectable()
export class AdmitSource {
  constructor(
    private readonly db: Database,
    private readonly settings: SourceSettings,
    private readonly deliveries: DeliveryLog,
  ) {}

  /**
   * @throws AppError `source_refused`, the same for a source that is not and for a secret that is not right; `source_paused`;
   *   `source_busy` under the name that the caller's contract has for it
   */
  async admit<Kind extends ReceivingSettings['kind']>(
    { organizationId, sourceId }: Asked,
    kind: Kind,
    check: Check,
    busy: (retryAfterMs: number) => Error,
  ): Promise<ReceivingSource & { settings: Extract<AlarmSourceSettings, { kind: Kind }> }> {
    const found = await this.db.within(organizationId, (tx) => findSource(tx, organizationId, sourceId));
    const known = found?.kind === kind ? found : null;
    const opened = known && (await this.settings.open(organizationId, known));
    const isRight = check(opened && known, keysOf(known, opened?.keys ?? []));
    if (!isRight || !known || !opened) {
      if (known) await this.deliveries.refused(organizationId, sourceId, 'the secret or signature is not right');
      throw receiveAlertmanager.fail('source_refused');
    }
    if (known.is_paused) throw receiveAlertmanager.fail('source_paused', undefined, { retryAfterMs: PAUSED_RETRY_MS });
    if (!(await this.db.within(organizationId, (tx) => takeToken(tx, organizationId, sourceId))))
      throw busy(RETRY_AFTER_MS);
    return { organizationId, sourceId, settings: opened.settings as never };
  }
}

/** Those that are taken now: the current one, and the one before for a while. */
const keysOf = (found: SourceRow | null, [current, old]: readonly string[]): string[] => [
  ...(current === undefined ? [] : [current]),
  ...(old !== undefined && isOldTaken(found) ? [old] : []),
];

const isOldTaken = (found: SourceRow | null): boolean =>
  found?.old_secret_until !== undefined && found?.old_secret_until !== null && found.old_secret_until > found.now;

/** Whether this is the secret of the source, or was until a while ago; both are looked at, whatever the first says. */
export function isSecretOf(found: SourceRow | null, secretHash: Buffer): boolean {
  const isCurrent = found?.secret_hash?.equals(secretHash) ?? false;
  const isOld = (found?.old_secret_hash?.equals(secretHash) ?? false) && isOldTaken(found);
  return isCurrent || isOld;
}
