import { type Alarm, type AlarmState, type AlarmTold, type Conversation, type Entry, ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '../api-error.js';
import type { StateChange } from '../realtime/connection-options.js';
import { RelaisConnection } from '../realtime/connection.js';
import type { RelaisSession } from '../session/relais-session.js';
import { describeEntry } from './describe-entry.js';
import { Directory } from './directory.js';
import type { ChatOptions } from './options.js';
import { Outgoing } from './outgoing.js';
import { clockTime, printable } from './printable.js';
import type { Screen } from './screen.js';

const OVER: Partial<Record<AlarmState, string>> = {
  all_clear: 'ALL CLEAR',
  cancelled: 'CANCELLED',
  expired: 'NO ANSWER COUNTS ANY MORE',
};

const HISTORY_LINES = 20;
/** A script wants an end; a person at a terminal waits until the network is back. */
const SCRIPT_GIVES_UP_AFTER_MS = 30_000;

/** One person in one conversation: shows what is said and sends what is typed, until the input ends. */
export class Talk {
  private readonly connection: RelaisConnection;
  private readonly outgoing: Outgoing;
  private wasOffline = false;
  /** The last that came. */
  private alarmId: string | undefined;

  private constructor(
    private readonly session: RelaisSession,
    private readonly options: ChatOptions,
    private readonly screen: Screen,
    private readonly directory: Directory,
    private readonly conversation: Conversation,
    head: number,
  ) {
    this.connection = new RelaisConnection({
      gateways: session.api.gateways,
      tokens: session,
      heads: [[conversation.id, head]],
      history: 'none',
    });
    const giveUpAfterMs = options.once || options.followSeconds ? SCRIPT_GIVES_UP_AFTER_MS : undefined;
    this.outgoing = new Outgoing(this.connection, conversation.id, this, giveUpAfterMs);
    this.connection.on('entry', (entry) => this.arrived(entry));
    this.connection.on('alarm', (told) => this.alarmed(told));
    this.connection.on('alarmChanged', (alarm) => this.alarmChanged(alarm));
    this.connection.on('state', (change) => this.changed(change));
  }

  /** Finds the conversation and shows the last of what was said in it. */
  static async open(session: RelaisSession, options: ChatOptions, counterpart: string | undefined, screen: Screen) {
    const directory = await Directory.read(session);
    const conversation = await findConversation(session, directory, options, counterpart);
    const page = { conversationId: conversation.id, limit: HISTORY_LINES };
    const { entries, head } = await session.call(ROUTES.listEntries, page, { retry: true });
    const talk = new Talk(session, options, screen, directory, conversation, head);
    if (!options.once) for (const entry of entries) talk.show(entry);
    return talk;
  }

  /** @returns whether everything typed was committed and the server did not end the conversation */
  async run(): Promise<boolean> {
    const { once, followSeconds } = this.options;
    this.connection.connect();
    const stop = new AbortController();
    const timeIsUp = pause((followSeconds ?? 0) * 1_000, undefined, { signal: stop.signal }).catch(() => undefined);
    if (followSeconds) void timeIsUp.then(() => this.screen.close());
    const hasQuit = await this.readInput();
    await this.outgoing.settled();
    if (hasQuit || once) stop.abort();
    await timeIsUp;
    const wasThrownOut = this.connection.state === 'closed';
    await this.connection.close();
    return !wasThrownOut && this.outgoing.failures === 0;
  }

  committed(text: string, { recordedAt }: { recordedAt: string }): void {
    this.screen.print(`${clockTime(recordedAt)} ✓ ${this.ownName}: ${printable(text)}`);
  }

  waiting(text: string): void {
    this.screen.print(`      … not committed yet: ${printable(text)}`);
  }

  refused(text: string, { code }: { code: string }): void {
    this.screen.print(`      ✗ not sent, ${code}: ${printable(text)}`);
  }

  /** @returns whether the person said so, rather than the input ending */
  private async readInput(): Promise<boolean> {
    for await (const line of this.screen.lines()) {
      if (line.trim() === '/quit') return true;
      const [, answer] = /^\/answer (\w+)$/.exec(line.trim()) ?? [];
      if (answer) {
        await this.answerAlarm(answer);
        continue;
      }
      this.outgoing.send(line);
    }
    return false;
  }

  private alarmed(told: AlarmTold): void {
    const { id, severity, title, text, answers } = told.alarm;
    this.alarmId = id;
    const keys = answers.map(({ key }) => `/answer ${key}`).join(' or ');
    const said = [printable(title), printable(text), keys && `— ${keys}`].filter((part) => part !== '').join(' ');
    this.screen.print(`  !!! ${severity.toUpperCase()}: ${said}`);
    this.connection.markAlarmShown(told);
  }

  /** What people in the field wait for is the end; who else has answered says the report. */
  private alarmChanged({ title, state }: Alarm): void {
    const over = OVER[state];
    if (over) this.screen.print(`  !!! ${over}: ${printable(title)}`);
  }

  private async answerAlarm(answer: string): Promise<void> {
    if (!this.alarmId) return this.screen.print('      there is no alarm');
    const asked = { alarmId: this.alarmId as never, answer };
    const said = await this.session.call(ROUTES.answerAlarm, asked).then(
      ({ state, accepted }) => `${state}, taken on by ${accepted}`,
      (error: unknown) => ApiError.from(error).code,
    );
    this.screen.print(`      alarm: ${said}`);
  }

  private get ownName(): string {
    return this.directory.nameOf(this.session.tokens.userId);
  }

  private arrived(entry: Entry): void {
    if (entry.conversationId !== this.conversation.id) return;
    if (!this.options.once) this.connection.markRead(entry.conversationId, entry.seq);
    if (!this.options.once && !this.outgoing.has(entry.id)) this.show(entry);
  }

  private show(entry: Entry): void {
    this.screen.print(
      `${clockTime(entry.recordedAt)}   ${this.directory.nameOf(entry.senderId)}: ${describeEntry(entry)}`,
    );
  }

  private changed({ state, end }: StateChange): void {
    if (state === 'offline' && !this.wasOffline) this.screen.print(`      — offline (${end?.code}); trying again`);
    if (state === 'online' && this.wasOffline) this.screen.print('      — online again');
    if (state === 'offline') this.wasOffline = true;
    if (state === 'online') this.wasOffline = false;
    if (state !== 'closed' || end?.closeCode === 1000) return;
    this.screen.print(`      — closed by the server: ${end?.code}`);
    this.screen.close();
  }
}

async function findConversation(
  session: RelaisSession,
  directory: Directory,
  options: ChatOptions,
  counterpart: string | undefined,
): Promise<Conversation> {
  const { conversationId } = options;
  if (conversationId) return session.call(ROUTES.readConversation, { conversationId }, { retry: true });
  const name = options.with ?? counterpart;
  if (!name) throw new Error('with whom? give --with NAME or --conversation ID');
  // There is one direct conversation per pair: making it again finds it.
  const direct = { id: newId<Conversation['id']>(), kind: 'direct' as const, memberIds: [directory.find(name)] };
  return session.call(ROUTES.createConversation, direct, { retry: true });
}
