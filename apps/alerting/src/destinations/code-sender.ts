import type { OrganizationId } from '@relais/kernel';
import type { Address } from '../senders/destinations.js';

/** A code on its way to an address whose owner nobody knows yet. */
export interface CodeMessage {
  organizationId: OrganizationId;
  /** The key by which the provider knows a repetition. */
  id: string;
  address: Extract<Address, { kind: 'email' | 'phone' }>;
  code: string;
  locale: string;
}

/** Brings codes to addresses by the way that alarms come there, at once and once: whoever waits for one is looking. */
export abstract class CodeSender {
  abstract send(message: CodeMessage): Promise<'sent' | 'not_configured' | 'failed'>;
}
