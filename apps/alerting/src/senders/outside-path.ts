import type { OrganizationId, UserId } from '@relais/kernel';
import type { Path } from '../notifications/dispatcher.js';
import type { Claimed } from '../notifications/claim.postgres.js';
import type { Outcome } from '../notifications/finish.postgres.js';
import type { AlarmMessages } from './alarm-messages.js';
import type { Mail } from './email.js';
import type { AddressOf, Destination, Destinations, OutsidePath as Way } from './destinations.js';
import { inParallel } from './in-parallel.js';
import { type AlarmMessage, alarmWake } from './messages.js';
import { failed, type Sent } from './sent.js';
import type { PushAddress, Senders } from './senders.js';
import type { ForPhone, Throttle } from './throttle.js';
import { mailText, shortText, spokenText, wordsOf } from './words.js';

/** At once by one way and organization: as many as providers take over a few connections. */
const AT_ONCE = 50;
/** Three parts of a message, as phones put them together. */
const SMS_LETTERS = 450;
/** After which a provider that still asks for patience is not asked again. */
const MAX_ATTEMPTS = 8;
const MAX_RETRY_SECONDS = 300;

/** What a person can be told by, in the order in which it is tried. */
interface Reach {
  claimed: Claimed;
  message: AlarmMessage;
  destinations: readonly Destination[];
}

export interface OutsidePathParts {
  destinations: Destinations;
  messages: AlarmMessages;
  senders: Senders;
  throttle: Throttle;
}

/** A way that ends outside of the gateways: finds where the people can be reached, and sends. */
export class OutsidePath implements Path {
  constructor(
    private readonly way: Way,
    private readonly parts: OutsidePathParts,
  ) {}

  async send(organizationId: OrganizationId, claimed: readonly Claimed[]): Promise<Outcome[]> {
    const { destinations, messages } = this.parts;
    const userIds = [...new Set(claimed.map(({ userId }) => userId))] satisfies UserId[];
    const [found, said] = await Promise.all([
      destinations.of(organizationId, userIds, this.way),
      messages.of(organizationId, claimed),
    ]);
    const reaches = claimed.map((one, at): Reach => {
      return { claimed: one, message: said[at] as AlarmMessage, destinations: found.get(one.userId) ?? [] };
    });
    const outcomes =
      this.way === 'sms' || this.way === 'voice'
        ? await this.toPhones(organizationId, this.way, reaches)
        : await this.toAll(organizationId, reaches);
    return claimed.map((one) => outcomes.get(one.id) ?? NOWHERE);
  }

  private async toAll(organizationId: OrganizationId, reaches: readonly Reach[]): Promise<Map<string, Outcome>> {
    const outcomes = await inParallel(AT_ONCE, reaches, (reach) => this.reach(organizationId, reach));
    return new Map(reaches.map(({ claimed }, at) => [claimed.id, outcomes[at] as Outcome]));
  }

  /** What phones get is shared out before; what was told of with another has its outcome. */
  private async toPhones(organizationId: OrganizationId, way: 'sms' | 'voice', reaches: readonly Reach[]) {
    const waiting = reaches.flatMap((reach) => {
      const [first] = reach.destinations;
      const { id, severity } = reach.claimed;
      return first ? [{ id, severity, destinationId: first.id, reach }] : [];
    });
    const plan = await this.parts.throttle.plan(organizationId, way, waiting);
    const outcomes = new Map<string, Outcome>();
    const unsent: ForPhone[] = [];
    await inParallel(AT_ONCE, plan.sent, async ({ one, bundled }) => {
      const message = { ...one.reach.message, more: bundled.length };
      const outcome = await this.reach(organizationId, { ...one.reach, message });
      outcomes.set(one.id, outcome);
      if (outcome.state !== 'sent') unsent.push(one);
      for (const { id } of bundled) outcomes.set(id, outcome.state === 'sent' ? { state: 'bundled' } : outcome);
    });
    for (const { one, outcome } of plan.delayed) outcomes.set(one.id, outcome);
    await this.parts.throttle.takeBack(organizationId, way, unsent);
    return outcomes;
  }

  private async reach(organizationId: OrganizationId, reach: Reach): Promise<Outcome> {
    if (reach.destinations.length === 0) return NOWHERE;
    const all =
      this.way === 'push' ? await this.everywhere(organizationId, reach) : await this.inTurn(organizationId, reach);
    return withPatience(best(all), reach.claimed.attempt);
  }

  /** Every device of a person: nobody knows which one is at hand. */
  private everywhere(organizationId: OrganizationId, { destinations, message }: Reach): Promise<Sent[]> {
    return Promise.all(destinations.map((destination) => this.one(organizationId, destination, message)));
  }

  /** One after the other, until one can be told; what is the provider's trouble is that of the next as well. */
  private async inTurn(organizationId: OrganizationId, { destinations, message }: Reach): Promise<Sent[]> {
    const outcomes: Sent[] = [];
    for (const destination of destinations) {
      const outcome = await this.one(organizationId, destination, message);
      outcomes.push(outcome);
      const isItsOwn = outcome.state === 'gone' || (outcome.state === 'failed' && outcome.problem === 'undeliverable');
      if (!isItsOwn) break;
    }
    return outcomes;
  }

  private async one(organizationId: OrganizationId, destination: Destination, message: AlarmMessage): Promise<Sent> {
    const outcome = await this.speak(destination, message);
    if (outcome.state === 'gone') await this.parts.destinations.forget(organizationId, destination);
    return outcome;
  }

  private speak({ address, locale }: Destination, message: AlarmMessage): Promise<Sent> {
    const { senders } = this.parts;
    switch (this.way) {
      case 'push':
        return senders.wake(address as PushAddress, alarmWake(message));
      case 'sms':
      case 'voice':
        return senders.phone(
          {
            id: message.id,
            kind: this.way,
            to: (address as AddressOf<'phone'>).number,
            ...this.words(message, locale),
          },
          { organizationId: message.organizationId, notificationId: message.id },
        );
      case 'email':
        return senders.email(address as AddressOf<'email'>, mailOf(message, locale));
      case 'webhook':
        return senders.webhook(address as AddressOf<'webhook'>, message);
    }
  }

  private words(message: AlarmMessage, locale: string): { text: string; language: string } {
    const text = this.way === 'sms' ? shortText(message, locale, SMS_LETTERS) : spokenText(message, locale);
    return { text, language: wordsOf(locale).language };
  }
}

const mailOf = (message: AlarmMessage, locale: string): Mail => ({
  ...{ id: message.id, isUrgent: message.severity !== 'notice' },
  ...mailText(message, locale),
});

const NOWHERE: Outcome = { state: 'failed', problem: 'no_destination' };

/** One that left is enough; one that may leave yet is better than none. */
const best = (all: readonly Sent[]): Sent =>
  all.find(({ state }) => state === 'sent') ??
  all.find(({ state }) => state === 'queued') ??
  all.find(({ state }) => state === 'failed') ??
  failed('gone');

/** Who asks for patience is asked again after longer and longer, and in the end no more. */
function withPatience(outcome: Sent, attempt: number): Outcome {
  if (outcome.state === 'gone') return { state: 'failed', problem: 'gone' };
  if (outcome.state !== 'queued') return outcome;
  if (attempt >= MAX_ATTEMPTS) return { state: 'failed', problem: outcome.problem };
  const retrySeconds = Math.min(outcome.retrySeconds * 2 ** (attempt - 1), MAX_RETRY_SECONDS);
  return { ...outcome, retrySeconds };
}
