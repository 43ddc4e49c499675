import { ROUTES } from '@relais/contracts';
import type { Usage } from '@relais/devstack';
import { type ConversationId, newId } from '@relais/kernel';
import type { RelaisSession } from '@relais/sdk';
import type { World } from '../world/world.js';
import type { Driver, Pair } from './driver.js';
import { RelaisSocket } from './relais-socket.js';

/** The product, through its gateways. */
export class RelaisDriver implements Driver {
  private readonly sockets: RelaisSocket[] = [];

  constructor(
    private readonly world: World,
    readonly name = 'relais',
  ) {}

  async pairs(count: number): Promise<Pair[]> {
    const sessions = await this.world.people.atLeast(count * 2);
    const gateways = await this.world.gateways();
    return Promise.all(
      Array.from({ length: count }, (_, index) =>
        this.pair(sessions[index * 2] as RelaisSession, sessions[index * 2 + 1] as RelaisSession, gateways, index),
      ),
    );
  }

  usage(): Record<string, Usage> {
    const { cluster } = this.world;
    return Object.fromEntries(cluster.names.map((name) => [name, cluster.usage(name)]));
  }

  cpuSeconds(): Record<string, number> {
    return this.world.cluster.cpuSeconds();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets.splice(0)) socket.close();
  }

  private async pair(
    from: RelaisSession,
    to: RelaisSession,
    gateways: readonly string[],
    index: number,
  ): Promise<Pair> {
    const wanted = { id: newId<ConversationId>(), kind: 'direct' as const, memberIds: [to.tokens.userId] };
    // A busy machine may be late with the answer.
    const { id } = await from.call(ROUTES.createConversation, wanted, { retry: true });
    const [writer, reader] = await Promise.all([
      RelaisSocket.open(gateways[index % gateways.length] as string, from),
      RelaisSocket.open(gateways[(index + 1) % gateways.length] as string, to),
    ]);
    this.sockets.push(writer, reader);
    const waiting = new Map<number, string>();
    const pair: Pair = {
      send: (text) => void waiting.set(writer.append(id, text), text),
      onAcknowledged: () => undefined,
      onDelivered: () => undefined,
    };
    writer.onAnswer = (n, frame) => {
      if (frame.type === 'refusal') throw new Error(`refused: ${frame.error.code}`);
      pair.onAcknowledged(waiting.get(n) ?? '');
      waiting.delete(n);
    };
    reader.onEntry = (entry) => {
      if (entry.kind === 'message' && entry.body) pair.onDelivered(entry.body.text);
    };
    return pair;
  }
}
