import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type MessageKeeping, previewMessageKeeping, readMessageKeeping, setMessageKeeping } from '@relais/contracts';
import { Database, type Tx } from '@relais/database';
import { Clock } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Access } from '@relais/service';
import type { z } from 'zod';
import { recordFact } from '../facts/record-fact.js';
import { countOlder, findKeeping, type Keeping, lockKeeping, writeKeeping } from './keeping-rows.postgres.js';
import { GRACE_MS } from './said.js';

const SCOPE = 'message-keeping:write';
const MOST_COUNTED = 250_000;

/** How long the organization keeps what is said, and uses one key for it. */
@Injectable()
export class MessageKeepingsHandler {
  constructor(
    private readonly db: Database,
    private readonly access: Access,
    private readonly clock: Clock,
  ) {}

  @Serves(readMessageKeeping)
  async read(_: object, { principal }: RequestContext): Promise<MessageKeeping> {
    await this.access.assertMay(principal, 'manage_policies');
    return this.db.within(principal.organizationId, (tx) => this.keepingOf(tx, principal));
  }

  @Serves(previewMessageKeeping)
  async preview(
    { keepDays }: z.output<typeof previewMessageKeeping.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof previewMessageKeeping.output>> {
    await this.access.assertMay(principal, 'manage_policies');
    if (keepDays === null) return { messages: 0, conversations: 0, more: false };
    const { organizationId } = principal;
    const counted = await this.db.within(organizationId, (tx) =>
      countOlder(tx, organizationId, keepDays, MOST_COUNTED),
    );
    return { ...counted, more: counted.messages === MOST_COUNTED };
  }

  /** The same once more changes nothing. */
  @Serves(setMessageKeeping)
  async set(wanted: z.output<typeof setMessageKeeping.input>, { principal }: RequestContext): Promise<MessageKeeping> {
    await this.access.assertMayNow(principal, 'manage_policies', SCOPE);
    return this.db.within(principal.organizationId, async (tx) => {
      const found = await lockKeeping(tx, principal.organizationId);
      const before: Keeping = { keepDays: found?.keep_days ?? null, keyDays: found?.key_days ?? null };
      if (before.keepDays !== wanted.keepDays || before.keyDays !== wanted.keyDays)
        await this.write(tx, principal, before, wanted);
      return this.keepingOf(tx, principal);
    });
  }

  private async write(
    tx: Tx,
    { organizationId, userId }: Principal,
    { keepDays, keyDays }: Keeping,
    after: Keeping,
  ): Promise<void> {
    await writeKeeping(tx, organizationId, after, userId);
    await recordFact(tx, organizationId, {
      ...{ actor: { kind: 'user', id: userId }, action: 'message-keeping.changed', before: { keepDays, keyDays } },
      after: { keepDays: after.keepDays, keyDays: after.keyDays },
    });
  }

  private async keepingOf(tx: Tx, { organizationId }: Principal): Promise<MessageKeeping> {
    const found = await findKeeping(tx, organizationId);
    if (!found) return { keepDays: null, keyDays: null };
    const { keep_days: keepDays, key_days: keyDays, updated_at: updatedAt, updated_by: updatedBy } = found;
    const clearsFrom = new Date(found.shortened_at.getTime() + GRACE_MS);
    return {
      ...{ keepDays, keyDays, updatedAt: updatedAt.toISOString(), updatedBy },
      ...(keepDays !== null && clearsFrom > this.clock.now() && { clearsFrom: clearsFrom.toISOString() }),
    };
  }
}
