import type { AlarmPath } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';

/** Keys of a push subscription by which what is sent is readable on that device only (RFC 8291), base64url. */
export interface PushKeys {
  p256dh: string;
  auth: string;
}

/** Where something may be sent so that it reaches a person. */
export type Address =
  | { kind: 'web_push'; endpoint: string; keys: PushKeys }
  | { kind: 'apns'; token: string; environment: 'production' | 'sandbox' }
  | { kind: 'fcm'; token: string }
  | { kind: 'unified_push'; endpoint: string; keys?: PushKeys }
  | { kind: 'email'; address: string }
  /** E.164, with the plus: good for messages and calls. */
  | { kind: 'phone'; number: string }
  /** The secret that its receiver knows what comes from here by, as Standard Webhooks write it: `whsec_…`. */
  | { kind: 'webhook'; url: string; secret: string };
export type AddressKind = Address['kind'];
export type AddressOf<Kind extends AddressKind> = Extract<Address, { kind: Kind }>;

export interface Destination<Kind extends AddressKind = AddressKind> {
  /** Stays the same while the address does: throttles count by it. */
  id: string;
  userId: UserId;
  /** The device whose app it wakes; contact points of a person have none. */
  deviceId?: string;
  address: AddressOf<Kind>;
  /** BCP 47, for the few words that a server puts into somebody's hands itself. */
  locale: string;
}

/** The ways that end outside of the gateways. */
export type OutsidePath = Exclude<AlarmPath, 'socket'>;

/** What may come by which way. */
export const KINDS: Readonly<Record<OutsidePath, readonly AddressKind[]>> = {
  push: ['web_push', 'apns', 'fcm', 'unified_push'],
  sms: ['phone'],
  voice: ['phone'],
  email: ['email'],
  webhook: ['webhook'],
};

/** Where people can be reached. Asked while an alarm is under way: needs nothing but alerting's own database (R-AL7). */
export abstract class Destinations {
  /**
   * The destinations of these people on a way, opened and ready to be sent to, in the order in which they are to be tried;
   * of a kind that {@link KINDS} names for it. Whoever has none is not in it.
   */
  abstract of(
    organizationId: OrganizationId,
    userIds: readonly UserId[],
    path: OutsidePath,
  ): Promise<ReadonlyMap<UserId, readonly Destination[]>>;

  /** Whether there is any device at all that a push could wake. */
  abstract anyToWake(organizationId: OrganizationId): Promise<boolean>;

  /** Whoever runs the way says that it does not exist any more. Repeating does nothing; one renewed meanwhile stays. */
  abstract forget(organizationId: OrganizationId, destination: Destination): Promise<void>;
}
