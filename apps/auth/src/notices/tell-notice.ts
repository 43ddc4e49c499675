import type { LivePublisher } from '@relais/bus';
import { live, type SecurityNoticeTold, type securityNoticeRaised } from '@relais/contracts';
import type { z } from 'zod';

type Raised = z.output<typeof securityNoticeRaised.data>;

/** Tells every connected device of a person, over the gateways. Told twice when asked twice: clients know notices by id. */
export class TellNotice {
  constructor(private readonly publisher: LivePublisher) {}

  execute({ organizationId, userId, notice }: Raised): Promise<void> {
    const told: SecurityNoticeTold = { type: 'security_notice', notice };
    this.publisher.publish(live.user(organizationId, userId), JSON.stringify(told));
    return Promise.resolve();
  }
}
