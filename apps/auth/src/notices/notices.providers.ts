import type { Provider } from '@nestjs/common';
import { type BusConnection, EventConsumer, type EventStream, LivePublisher } from '@relais/bus';
import { consumerOf, securityNoticeRaised } from '@relais/contracts';
import type { Log } from '@relais/observability';
import { ListSecurityNoticesHandler } from './list-notices.js';
import { TellNotice } from './tell-notice.js';

export const noticesProviders: Provider[] = [ListSecurityNoticesHandler];

/** Takes notices from the stream, so that one is told even if this replica ends right after the commit. */
export const NOTICES = Symbol('notices');

export function noticesConsumer(connection: BusConnection, stream: EventStream, log: Log): Provider {
  const teller = new TellNotice(new LivePublisher(connection));
  const consumer = new EventConsumer(stream, {
    name: consumerOf('auth', securityNoticeRaised),
    contract: securityNoticeRaised,
    handle: (data) => teller.execute(data),
    log,
  });
  return { provide: NOTICES, useValue: consumer };
}
