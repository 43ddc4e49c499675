import type { ContactAddress } from '@relais/contracts';
import type { Address } from '../senders/destinations.js';

/** What is kept, sealed, of a contact point. */
export type SealedAddress = Extract<Address, { kind: 'email' | 'phone' | 'webhook' }>;

/** What two contact points of a person cannot have in common. */
export const placeOf = (address: ContactAddress | SealedAddress): string => {
  if (address.kind === 'email') return address.address;
  return address.kind === 'phone' ? address.number : `webhook ${address.url}`;
};

export const addressOf = (content: SealedAddress): ContactAddress =>
  content.kind === 'webhook' ? { kind: 'webhook', url: content.url } : content;

/** Whole for whom it belongs to; others see enough to know it again, and not enough to use it. */
export function shown(address: ContactAddress, isOwn: boolean): string {
  if (address.kind === 'webhook') return isOwn ? address.url : `${new URL(address.url).origin}/…`;
  if (address.kind === 'phone')
    return isOwn ? address.number : `${address.number.slice(0, 3)}…${address.number.slice(-2)}`;
  const [name = '', host = ''] = address.address.split('@');
  return isOwn ? address.address : `${name.slice(0, 1)}…@${host}`;
}
