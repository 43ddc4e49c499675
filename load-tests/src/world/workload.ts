import { ROUTES } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import type { RelaisSession } from '@relais/sdk';
import { pause, pick, type Random } from './random.js';
import { SimClient } from './sim-client.js';

export interface Conversation {
  id: ConversationId;
  members: SimClient[];
  /** Where its log stood before this run: pairs keep their conversation. */
  startHead: number;
}

/** People in pairs and groups who write at a given rate, spread over all gateways. */
export class Workload {
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    readonly clients: SimClient[],
    readonly conversations: Conversation[],
    private readonly random: Random,
  ) {}

  /** Pairs (0,1), (2,3), … and groups of eight; each client starts at another gateway than its neighbour. */
  static async start(
    sessions: readonly RelaisSession[],
    gateways: readonly string[],
    random: Random,
  ): Promise<Workload> {
    const clients = sessions.map((session, index) => {
      const turn = index % gateways.length;
      return new SimClient(`c${index}`, session, [...gateways.slice(turn), ...gateways.slice(0, turn)], random);
    });
    const conversations = await makeConversations(clients);
    await Promise.all(clients.map((client) => client.start()));
    return new Workload(clients, conversations, random);
  }

  /** Writes `perSecond` entries until `stop`, whatever becomes of them: an open loop, as people are. */
  run(perSecond: number): void {
    const startedAt = performance.now();
    let sent = 0;
    this.timer = setInterval(() => {
      const due = ((performance.now() - startedAt) / 1_000) * perSecond;
      for (; sent < due; sent++) {
        const conversation = pick(this.random, this.conversations);
        void pick(this.random, conversation.members).send(conversation.id);
      }
    }, 10);
  }

  stopWriting(): void {
    clearInterval(this.timer);
  }

  /**
   * Waits until every client has an answer to everything and stands where the furthest one stands.
   *
   * @returns how long that took, ms; or undefined when it did not happen in time.
   */
  async settle(deadlineMs: number): Promise<number | undefined> {
    const startedAt = performance.now();
    while (performance.now() - startedAt < deadlineMs) {
      if (this.isSettled()) return Math.round(performance.now() - startedAt);
      await pause(50);
    }
    return undefined;
  }

  async close(): Promise<void> {
    this.stopWriting();
    await Promise.all(this.clients.map((client) => client.stop()));
  }

  private isSettled(): boolean {
    if (this.clients.some((client) => client.pending > 0)) return false;
    return this.conversations.every(({ id, members }) => {
      const acknowledged = members.flatMap(({ sent }) =>
        sent.flatMap(({ conversationId, outcome }) =>
          conversationId === id && outcome.kind === 'ok' ? [outcome.seq] : [],
        ),
      );
      const furthest = Math.max(0, ...acknowledged, ...members.map((member) => member.head(id)));
      return members.every((member) => member.head(id) === furthest);
    });
  }
}

async function makeConversations(clients: readonly SimClient[]): Promise<Conversation[]> {
  const pairs = clients.flatMap((client, index) =>
    index % 2 === 0 && clients[index + 1] ? [[client, clients[index + 1] as SimClient]] : [],
  );
  const groups = Array.from({ length: Math.floor(clients.length / 8) }, (_, index) =>
    clients.slice(index * 8, index * 8 + 8),
  );
  const make = async (kind: 'direct' | 'group', members: SimClient[]): Promise<Conversation> => {
    const [first, ...others] = members as [SimClient, ...SimClient[]];
    const { id, head } = await first.session.call(
      ROUTES.createConversation,
      { id: newId<ConversationId>(), kind, title: kind, memberIds: others.map(({ userId }) => userId) },
      { retry: true },
    );
    return { id, members, startHead: head };
  };
  const direct = await Promise.all(pairs.map((members) => make('direct', members)));
  const larger = await Promise.all(groups.map((members) => make('group', members)));
  return [...direct, ...larger];
}
