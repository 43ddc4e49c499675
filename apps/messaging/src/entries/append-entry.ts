import { Injectable } from '@nestjs/common';
import type { AppendEntry, Receipt } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { Announcer } from '../announce/announcer.js';
import { accepted } from '../metrics.js';
import { AppendCollector } from './append-collector.js';

/** Records what a person wrote, and tells whoever is online. */
@Injectable()
export class AppendEntryHandler {
  constructor(
    private readonly collector: AppendCollector,
    private readonly announcer: Announcer,
  ) {}

  async execute(command: AppendEntry, principal: Principal, isAbandoned: () => boolean): Promise<Receipt> {
    const { organizationId, userId, deviceId } = principal;
    const startedAt = performance.now();
    try {
      const { entry, standing, replayed } = await this.collector.add(organizationId, {
        command,
        userId,
        deviceId,
        isAbandoned,
      });
      // A repeated entry is announced again: the first announcement may have died with the replica that committed it.
      this.announcer.entry(organizationId, standing, entry);
      accepted(standing.kind, 'ok', performance.now() - startedAt);
      const { conversationId, id, seq, recordedAt } = entry;
      return { conversationId, id, seq, recordedAt, replayed };
    } catch (error) {
      accepted('unknown', AppError.from(error).code, performance.now() - startedAt);
      throw error;
    }
  }
}
