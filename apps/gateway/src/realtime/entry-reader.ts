import type { Bus } from '@relais/bus';
import { LIMITS, listEntries } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { ConversationStream, Page } from './conversation-stream.js';
import { Gate } from './gate.js';
import { replayedEntry } from './live-events.js';
import type { Person } from './person.js';

const PARALLEL_READS = 16;
/** How many members are asked through before what none of them may see is passed over. */
const MAX_ASKED = 4;
/** A repair is not urgent enough to fail for a slow database. */
const TIMEOUT_MS = 5_000;

/** Reads entries from the log in the name of people who are interested: the gateway itself may read nothing. */
export class EntryReader {
  private readonly gate = new Gate(PARALLEL_READS);

  constructor(
    private readonly bus: Bus,
    /** Called for a member who turns out not to be one any more. */
    private readonly isOut: (person: Person, stream: ConversationStream) => void,
  ) {}

  /**
   * The entries after a position, at most 500. Members see different parts of a log, so the longest members are asked
   * first, and others when what comes does not follow on.
   *
   * @throws AppError when nobody could be asked
   */
  async read(stream: ConversationStream, after: number): Promise<Page> {
    let best: Page | undefined;
    let failure: unknown;
    for (const person of askers(stream)) {
      try {
        const page = await this.gate.run(() => this.ask(person, stream, after));
        if (page.entries[0]?.seq === after + 1) return page;
        if (!best || firstSeq(page) < firstSeq(best)) best = page;
      } catch (error) {
        failure = error;
        if (AppError.from(error).code === 'conversation_not_found') this.isOut(person, stream);
      }
    }
    if (best) return best;
    throw AppError.from(failure ?? new AppError('unavailable', 'nobody_to_ask'));
  }

  private async ask(person: Person, { conversationId }: ConversationStream, after: number): Promise<Page> {
    const { token } = person;
    if (!token) throw new AppError('unavailable', 'nobody_to_ask');
    const input = { conversationId, after, limit: LIMITS.historyPage };
    const { entries, upTo } = await this.bus.request(listEntries, input, { token, timeoutMs: TIMEOUT_MS });
    return { entries: entries.map((entry) => replayedEntry(entry)), upTo };
  }
}

const askers = ({ members }: ConversationStream): Person[] =>
  [...members]
    .sort(([, since], [, other]) => since - other)
    .slice(0, MAX_ASKED)
    .map(([person]) => person);

const firstSeq = ({ entries }: Page): number => entries[0]?.seq ?? Number.POSITIVE_INFINITY;
