import type { Bus, Surveys } from '@relais/bus';
import { type EntriesAppended, findOnlineDevices, LIMITS, type ListListeners, listListeners } from '@relais/contracts';
import { AppError, type ConversationId, type OrganizationId, type UserId } from '@relais/kernel';
import type { Destination, Destinations } from '../senders/destinations.js';
import { inParallel } from '../senders/in-parallel.js';
import { entryWake } from '../senders/messages.js';
import type { PushAddress, Senders } from '../senders/senders.js';
import { askedOf, type PendingConversation, type PendingEntries } from './pending-entries.js';
import { Wakeable } from './wakeable.js';

/** How long gateways have to say whom they hold. Who says nothing holds nobody. */
const SURVEY_MS = 250;
const TICK_MS = 100;
/** Organizations that are worked for at once. */
const ORGANIZATIONS = 4;
const PUSHES_AT_ONCE = 50;

/** Somebody who does not have the latest of a conversation. */
interface Listener {
  conversationId: ConversationId;
  userId: UserId;
  seq: number;
}

export interface MessagePushParts {
  bus: Pick<Bus, 'request'>;
  surveys: Pick<Surveys, 'ask'>;
  destinations: Destinations;
  senders: Pick<Senders, 'wake'>;
  pending: PendingEntries;
}

/**
 * Wakes the devices of people who do not have what was said: those without a socket, once for a conversation however much was
 * said in it meanwhile, with ids and nothing else. Whoever has it by then, said it, or has muted it is left alone.
 */
export class MessagePush {
  private readonly working = new Map<OrganizationId, Promise<void>>();
  private readonly wakeable: Wakeable;
  private timer: NodeJS.Timeout | undefined;
  private isStarted = false;

  constructor(private readonly parts: MessagePushParts) {
    this.wakeable = new Wakeable(parts.destinations);
  }

  start(): void {
    this.isStarted = true;
    this.wait();
  }

  /** Call it when no more events come: what is there already is finished. */
  async stop(): Promise<void> {
    this.isStarted = false;
    clearTimeout(this.timer);
    await Promise.allSettled(this.working.values());
  }

  /** Idempotent: who was woken twice has it, or is woken for the same once more. Resolves when it is done. */
  async take(event: EntriesAppended): Promise<void> {
    if (!(await this.wakeable.isAnybody(event.organizationId))) return;
    const told = this.parts.pending.add(event);
    this.wait();
    await Promise.all(told);
  }

  /** While nothing is pending nothing is looked for. */
  private wait(): void {
    if (!this.isStarted || this.parts.pending.isEmpty) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.tick();
      this.wait();
    }, TICK_MS);
  }

  private tick(): void {
    while (this.working.size < ORGANIZATIONS) {
      const due = this.parts.pending.take(LIMITS.listenersEntries, new Set(this.working.keys()));
      const organizationId = due[0]?.organizationId;
      if (!organizationId) return;
      const work = this.tell(organizationId, due).finally(() => this.working.delete(organizationId));
      this.working.set(organizationId, work);
    }
  }

  private async tell(organizationId: OrganizationId, due: readonly PendingConversation[]): Promise<void> {
    const waiting = due.flatMap((pending) => pending.waiting);
    try {
      let asked: ListListeners['conversations'] = due.map(askedOf);
      while (asked.length > 0) {
        const { conversations } = await this.parts.bus.request(listListeners, { organizationId, conversations: asked });
        const found = conversations.flatMap(({ conversationId, listeners }) =>
          listeners.map((listener) => ({ conversationId, ...listener })),
        );
        await this.wake(organizationId, found);
        asked = conversations.flatMap(({ conversationId, listeners, more }) => {
          const again = asked.find((one) => one.conversationId === conversationId);
          return more && again ? [{ ...again, after: listeners.at(-1)?.userId }] : [];
        });
      }
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      // Nobody knows who was woken: the event comes again.
      const again = AppError.from(error).retryable
        ? error
        : new AppError('unavailable', 'message_push_failed', undefined, { cause: error });
      for (const { reject } of waiting) reject(again);
    }
  }

  private async wake(organizationId: OrganizationId, listeners: readonly Listener[]): Promise<void> {
    for (let from = 0; from < listeners.length; from += LIMITS.surveyUsers)
      await this.wakePage(organizationId, listeners.slice(from, from + LIMITS.surveyUsers));
  }

  private async wakePage(organizationId: OrganizationId, listeners: readonly Listener[]): Promise<void> {
    const userIds = [...new Set(listeners.map(({ userId }) => userId))];
    const reachable = await this.parts.destinations.of(organizationId, userIds, 'push');
    if (reachable.size === 0) return;
    const question = { organizationId, userIds: [...reachable.keys()] };
    const answers = await this.parts.surveys.ask(findOnlineDevices, question, SURVEY_MS);
    const online = new Set<string>(answers.flatMap(({ deviceIds }) => deviceIds));
    const pushes = listeners.flatMap((listener) =>
      (reachable.get(listener.userId) ?? [])
        .filter(({ deviceId }) => deviceId === undefined || !online.has(deviceId))
        .map((destination) => ({ listener, destination })),
    );
    await inParallel(PUSHES_AT_ONCE, pushes, ({ listener, destination }) =>
      this.push(organizationId, listener, destination),
    );
  }

  /** A provider that does not take it now is not asked again: the app finds everything when it comes. */
  private async push(
    organizationId: OrganizationId,
    { conversationId, seq }: Listener,
    destination: Destination,
  ): Promise<void> {
    const wake = entryWake({ organizationId, conversationId, seq, kind: 'message' });
    const outcome = await this.parts.senders.wake(destination.address as PushAddress, wake);
    if (outcome.state === 'gone') await this.parts.destinations.forget(organizationId, destination);
  }
}
