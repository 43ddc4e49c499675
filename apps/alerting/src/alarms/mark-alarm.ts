import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type AlarmMark, markAlarm } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import { MarkCollector } from './mark-collector.js';

/** A device says that it has an alarm, or that it was seen. */
@Injectable()
export class MarkAlarmHandler {
  constructor(private readonly collector: MarkCollector) {}

  @Serves(markAlarm)
  async execute({ marks }: { marks: AlarmMark[] }, { principal }: RequestContext): Promise<Record<string, never>> {
    const { organizationId, userId }: { organizationId: OrganizationId; userId: UserId } = principal;
    await this.collector.add(
      organizationId,
      marks.map((one) => ({ ...one, userId })),
    );
    return {};
  }
}
