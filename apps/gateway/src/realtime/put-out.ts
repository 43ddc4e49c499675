import type { DatedRevocation } from '@relais/contracts';
import type { Clock } from '@relais/kernel';
import type { Principal, TrustStore } from '@relais/security';
import { revocationApplied } from '../metrics.js';
import type { Hub } from './hub.js';

/**
 * Closes the sockets of whoever was put out, at once, and measures how long it took from the first of the revocations that
 * concern one of them, by the database, until the last of those sockets is closed. Where the time of a revocation is not
 * told, or not over yet by `clock`, it counts from now.
 */
export async function putOut(
  { hub, trust, clock }: { hub: Hub; trust: TrustStore; clock: Clock },
  revocations: readonly DatedRevocation[],
): Promise<void> {
  const bySubject = new Map(revocations.map((one) => [one.subjectId, one]));
  const closing: Promise<void>[] = [];
  let sinceMs = clock.now().getTime();
  for (const connection of hub.connections) {
    const { principal } = connection;
    if (!principal || !trust.isRevoked(principal)) continue;
    const causes = idsOf(principal).flatMap((id) => bySubject.get(id) ?? []);
    const timesMs = causes
      .filter(({ epoch }) => epoch > principal.epoch)
      .map(({ revokedAt }) => Date.parse(revokedAt ?? ''));
    if (timesMs.length === 0) continue;
    sinceMs = Math.min(sinceMs, ...timesMs.filter(Number.isFinite));
    closing.push(connection.ended());
    connection.close('revoked');
  }
  if (closing.length === 0) return;
  await Promise.all(closing);
  revocationApplied((clock.now().getTime() - sinceMs) / 1_000);
}

const idsOf = ({ organizationId, userId, deviceId, sessionId }: Principal): string[] => [
  organizationId,
  userId,
  deviceId,
  sessionId,
];
