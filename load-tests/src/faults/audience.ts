import { ROUTES } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { ApiError, RelaisConnection, type RelaisSession, type StateChange } from '@relais/sdk';
import type { People } from '../world/people.js';
import { pause, type Random } from '../world/random.js';

/** As many as one device may hold. */
const SOCKETS_PER_PERSON = 4;
const PULSE_MS = 2_000;
const ONLINE_WITHIN_MS = 60_000;

/** A socket that was lost, or is there again. */
export interface Turn {
  atMs: number;
  code: string | undefined;
}

/** One socket of the audience: how it fared, and what it was shown. */
export class Listener {
  readonly losses: Turn[] = [];
  readonly returns: Turn[] = [];
  readonly shown: number[] = [];
  private isOnline = false;

  /** From each loss to the return after it. */
  get awayMs(): number[] {
    return this.losses.flatMap(({ atMs }, at) => (this.returns[at + 1] ? [this.returns[at + 1]!.atMs - atMs] : []));
  }

  constructor(
    readonly connection: RelaisConnection,
    conversationId: () => ConversationId,
  ) {
    connection.on('state', (change) => this.turned(change));
    connection.on('entry', (entry) => entry.conversationId === conversationId() && this.shown.push(entry.seq));
  }

  private turned({ state, end }: StateChange): void {
    const turn = { atMs: performance.now(), code: end?.code };
    if (state === 'online') this.returns.push(turn);
    else if (this.isOnline) this.losses.push(turn);
    this.isOnline = state === 'online';
  }
}

/** Many sockets behind one address, whose people are all in one conversation. Somebody speaks in it every two seconds. */
export class Audience {
  readonly listeners: Listener[] = [];
  private readonly conversationId = newId<ConversationId>();
  private readonly acknowledged: number[] = [];
  private speaking: Promise<void> | undefined;
  private isOver = false;

  private constructor(private readonly owner: RelaisSession) {}

  static async open(
    people: People,
    sessions: readonly RelaisSession[],
    gateway: string,
    random: Random,
  ): Promise<Audience> {
    const audience = new Audience(people.owner);
    await audience.gather(sessions);
    for (let index = 0; index < sessions.length * SOCKETS_PER_PERSON; index++) {
      const tokens = sessions[index % sessions.length] as RelaisSession;
      const connection = new RelaisConnection({ gateways: [gateway], tokens, history: 'none', backoff: { random } });
      audience.listeners.push(new Listener(connection, () => audience.conversationId));
      connection.connect();
    }
    await audience.whenOnline();
    return audience;
  }

  /** Waits until every socket is up, or a minute is over. */
  async whenOnline(): Promise<void> {
    await this.until(() => this.away === 0);
  }

  /** Sockets that are not up. */
  get away(): number {
    return this.listeners.filter(({ connection }) => connection.state !== 'online').length;
  }

  speak(): void {
    this.speaking = this.goOnSpeaking();
  }

  /** Nobody speaks any more, and everybody has been shown everything, or a minute is over. */
  async fallSilent(): Promise<void> {
    this.isOver = true;
    await this.speaking;
    await this.until(() => this.listeners.every(({ shown }) => shown.length >= this.acknowledged.length));
  }

  /** Sockets that were not shown each acknowledged entry exactly once and in order. */
  get misled(): number {
    const expected = this.acknowledged.join();
    return this.listeners.filter(({ shown }) => shown.join() !== expected).length;
  }

  async close(): Promise<void> {
    this.isOver = true;
    await this.speaking;
    await Promise.all(this.listeners.map(({ connection }) => connection.close()));
  }

  private async gather(sessions: readonly RelaisSession[]): Promise<void> {
    const memberIds = sessions.map(({ tokens }) => tokens.userId).filter((id) => id !== this.owner.tokens.userId);
    await this.owner.call(
      ROUTES.createConversation,
      { id: this.conversationId, kind: 'group', title: 'Audience', memberIds },
      { retry: true },
    );
  }

  private async goOnSpeaking(): Promise<void> {
    while (!this.isOver) {
      const said = await this.say(newId<EntryId>(), `pulse ${this.acknowledged.length}`);
      this.acknowledged.push(said);
      await pause(PULSE_MS);
    }
  }

  /** Once more under the same id until it is acknowledged: a gateway that goes may have taken the word with it. */
  private async say(id: EntryId, text: string): Promise<number> {
    const { conversationId } = this;
    for (;;) {
      try {
        const entry = { conversationId, id, kind: 'message' as const, body: { text } };
        return (await this.owner.call(ROUTES.append, entry, { retry: true })).seq;
      } catch (thrown) {
        if (!ApiError.from(thrown).retryable) throw thrown;
      }
    }
  }

  private async until(isSo: () => boolean): Promise<void> {
    const startedAt = performance.now();
    while (!isSo() && performance.now() - startedAt < ONLINE_WITHIN_MS) await pause(100);
  }
}
