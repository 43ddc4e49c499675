import { Clock } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { VirtualTime } from '../../test/virtual-time.js';
import { Elector, type Term } from './elector.js';
import { type Lease, LeaseStore, type NewLease } from './lease-store.js';
import { MemoryLeaseStore } from './lease-store.memory.js';

const LEASE_MS = 15_000;
const RENEW_MS = 10_000;
const RETRY_MS = 2_000;
/** A follower looks at least as often. */
const LONGEST_RETRY_MS = RETRY_MS * 2.2;
/** Until somebody leads where there was no lease. */
const START_MS = LEASE_MS + LONGEST_RETRY_MS;

/** The way of one elector to the lease: as slow and as broken as a test wishes. */
class Line extends LeaseStore {
  isCut = false;
  delayMs: () => number = () => 0;

  constructor(
    private readonly shared: LeaseStore,
    private readonly time: VirtualTime,
  ) {
    super();
  }

  read = (): Promise<Lease | null> => this.over(() => this.shared.read());
  create = (lease: NewLease): Promise<Lease | null> => this.over(() => this.shared.create(lease));
  replace = (lease: Lease): Promise<Lease | null> => this.over(() => this.shared.replace(lease));

  private async over<T>(work: () => Promise<T>): Promise<T> {
    await this.time.sleep(this.delayMs());
    if (this.isCut) throw new Error('cut');
    const answer = await work();
    await this.time.sleep(this.delayMs());
    if (this.isCut) throw new Error('cut');
    return answer;
  }
}

class SkewedClock extends Clock {
  constructor(
    private readonly time: VirtualTime,
    private readonly skewMs: number,
  ) {
    super();
  }

  now(): Date {
    return new Date(1_764_237_600_000 + this.time.nowMs() + this.skewMs);
  }
}

interface Candidate {
  elector: Elector;
  line: Line;
  terms: Term[];
}

describe('electors with one lease', () => {
  let time: VirtualTime;
  let store: MemoryLeaseStore;
  let candidates: Candidate[];
  beforeEach(() => {
    time = new VirtualTime();
    store = new MemoryLeaseStore();
    candidates = [];
  });
  afterEach(async () => {
    for (const { line } of candidates) line.delayMs = () => 0;
    const stopped = Promise.all(candidates.map(({ elector }) => elector.stop()));
    await time.pass(60_000);
    await stopped;
  });

  function candidate(identity: string, { skewMs = 0, lead = untilOver } = {}): Candidate {
    const line = new Line(store, time);
    const terms: Term[] = [];
    const elector = new Elector(
      line,
      (term) => {
        terms.push(term);
        return lead(term);
      },
      {
        ...{ identity, leaseMs: LEASE_MS, renewMs: RENEW_MS, retryMs: RETRY_MS, time, log: silentLog },
        clock: new SkewedClock(time, skewMs),
      },
    );
    const made = { elector, line, terms };
    candidates.push(made);
    elector.start();
    return made;
  }
  const untilOver = (term: Term): Promise<void> =>
    new Promise((resolve) => term.signal.addEventListener('abort', () => resolve()));
  const holds = (term: Term | undefined): boolean => {
    try {
      term?.assertHeld();
      return term !== undefined;
    } catch {
      return false;
    }
  };
  const leads = ({ terms }: Candidate): boolean => holds(terms.at(-1));
  const leaders = () => candidates.filter(leads).length;
  const lease = async () => (await store.read()) as Lease;

  it('make it when it is missing for long enough; of two, one leads', async () => {
    candidate('a');
    candidate('b');
    await time.pass(LEASE_MS - 1, () => expect(leaders()).toBe(0));
    expect(await lease()).toMatchObject({ holder: 'nobody', transitions: 0 });
    await time.pass(LONGEST_RETRY_MS + 1);

    expect(leaders()).toBe(1);
    expect(await lease()).toMatchObject({ transitions: 1, durationSeconds: 15 });
  });

  it.each([-3_600_000, 3_600_000])('do not care for clocks that are wrong by %d ms', async (skewMs) => {
    const first = candidate('a', { skewMs });
    await time.pass(START_MS);
    const second = candidate('b');
    await time.pass(120_000, () => expect(leads(first)).toBe(true));

    expect(second.terms).toEqual([]);
  });

  it('keep, while they renew, the time of taking and the number of changes', async () => {
    candidate('a');
    await time.pass(START_MS);
    const before = await lease();
    await time.pass(30_000);
    const after = await lease();

    expect(after).toMatchObject({ acquiredAt: before.acquiredAt, transitions: before.transitions });
    expect(after.renewedAt.getTime()).toBeGreaterThan(before.renewedAt.getTime());
  });

  it('count a change of hands once, and say when it was', async () => {
    const first = candidate('a');
    await time.pass(START_MS);
    const before = await lease();
    first.line.isCut = true;
    const second = candidate('b');
    await time.pass(LEASE_MS + 2 * LONGEST_RETRY_MS);

    expect(leads(second)).toBe(true);
    expect(await lease()).toMatchObject({ holder: 'b', transitions: 2 });
    expect((await lease()).acquiredAt.getTime()).toBeGreaterThan(before.acquiredAt.getTime());
    expect(second.terms[0]).toMatchObject({ lease: before.uid, number: 2 });
  });

  it('wait a whole lease after they came, however old what they find looks', async () => {
    const ancient = new Date(0);
    await store.create({
      holder: 'gone',
      durationSeconds: 15,
      acquiredAt: ancient,
      renewedAt: ancient,
      transitions: 7,
    });
    const late = candidate('a');
    await time.pass(LEASE_MS - 1, () => expect(leads(late)).toBe(false));
    await time.pass(LONGEST_RETRY_MS);

    expect(late.terms[0]?.number).toBe(8);
  });

  it('wait as long as the lease itself says, where that is longer than their own', async () => {
    const at = new Date();
    await store.create({ holder: 'other', durationSeconds: 60, acquiredAt: at, renewedAt: at, transitions: 0 });
    const late = candidate('a');
    await time.pass(59_000, () => expect(leads(late)).toBe(false));
    await time.pass(1_000 + LONGEST_RETRY_MS);

    expect(leads(late)).toBe(true);
  });

  it('stop leading without a renewal, before others may begin, and end what is under way', async () => {
    const first = candidate('a');
    await time.pass(START_MS);
    candidate('b');
    await time.pass(1_000);
    first.line.isCut = true;
    await time.pass(RENEW_MS);

    expect(leaders()).toBe(0);
    expect(first.terms[0]?.signal.aborted).toBe(true);
    await time.pass(LEASE_MS, () => expect(leaders()).toBeLessThanOrEqual(1));
    expect(leaders()).toBe(1);
  });

  it('stop in time also when the answer to a renewal never comes', async () => {
    const first = candidate('a');
    await time.pass(START_MS);
    first.line.delayMs = () => 1_000_000;
    await time.pass(RENEW_MS);

    expect(first.terms[0]?.signal.aborted).toBe(true);
    first.line.delayMs = () => 0;
    await time.pass(1_000_000);
  });

  it('give it back when they are told to stop, after what they led has ended; the next one begins at once', async () => {
    const order: string[] = [];
    const first = candidate('a', {
      lead: async (term) => {
        await untilOver(term);
        await time.sleep(3_000);
        order.push(`ended, held by ${(await lease()).holder}`);
      },
    });
    await time.pass(START_MS);
    const second = candidate('b');
    await time.pass(1_000);
    const stopped = first.elector.stop();
    await time.pass(3_000);
    await stopped;

    expect(order).toEqual(['ended, held by a']);
    expect((await lease()).holder).toBe('');
    await time.pass(LONGEST_RETRY_MS);
    expect(leads(second)).toBe(true);
    expect((await lease()).transitions).toBe(2);
  });

  it('write nothing more after having been stopped for longer than the lease, although nobody told them', async () => {
    const first = candidate('a');
    await time.pass(START_MS);
    const [term] = first.terms;
    // As SIGSTOP and SIGCONT: time has passed, and not one line of ours has run meanwhile.
    const passed = time.pass(LEASE_MS + 1);
    Object.assign(time, { passedMs: time.nowMs() + LEASE_MS + 1 });

    expect(holds(term)).toBe(false);
    expect(term?.signal.aborted).toBe(true);
    await passed;
  });

  it('give every term a number that is larger than that of the one before', async () => {
    const [first, second] = [candidate('a'), candidate('b')];
    await time.pass(START_MS);
    for (let round = 0; round < 3; round++) {
      const leader = leads(first) ? first : second;
      leader.line.isCut = true;
      await time.pass(2 * LEASE_MS + LONGEST_RETRY_MS);
      leader.line.isCut = false;
    }
    const numbers = [...first.terms, ...second.terms].map(({ number }) => number).toSorted((a, b) => a - b);

    expect(numbers).toEqual([1, 2, 3, 4]);
  });

  it('stop while the API is away for a minute, and one leads again when it is back', async () => {
    const all = [candidate('a'), candidate('b')];
    await time.pass(START_MS);
    for (const { line } of all) line.isCut = true;
    await time.pass(60_000);
    expect(leaders()).toBe(0);
    for (const { line } of all) line.isCut = false;
    await time.pass(2 * LEASE_MS);

    expect(leaders()).toBe(1);
  });

  it('are never two when somebody deletes it, and soon one again', async () => {
    candidate('a');
    candidate('b');
    await time.pass(START_MS);
    // Whoever makes it anew has seen by then how often it had changed hands.
    await time.pass(3 * RETRY_MS);
    store.delete();
    await time.pass(60_000, () => expect(leaders()).toBeLessThanOrEqual(1));

    expect(leaders()).toBe(1);
    expect((await lease()).transitions).toBe(2);
  });

  it('step down at once when somebody writes another name into it', async () => {
    const first = candidate('a');
    await time.pass(START_MS);
    await store.replace({ ...(await lease()), holder: 'somebody' });
    await time.pass(RETRY_MS);

    expect(leads(first)).toBe(false);
    expect((await lease()).holder).toBe('somebody');
  });

  it('let another try when what they lead fails', async () => {
    const failing = candidate('a', { lead: () => Promise.reject(new Error('bug')) });
    await time.pass(START_MS);
    const other = candidate('b');
    await time.pass(120_000);

    expect(failing.terms.length).toBeGreaterThan(0);
    expect(leads(other)).toBe(true);
  });

  it('refuse times that would let two lead', () => {
    const make = (leaseMs: number, renewMs: number, retryMs: number) => () =>
      new Elector(store, untilOver, {
        ...{ identity: 'a', leaseMs, renewMs, retryMs, time, log: silentLog },
        clock: new SkewedClock(time, 0),
      });

    expect(make(10_000, 10_000, 2_000)).toThrow('longer');
    expect(make(15_000, 2_400, 2_000)).toThrow('longer');
    expect(make(15_000, 10_000, 2_000)).not.toThrow();
  });

  it.each(Array.from({ length: 50 }, (_, seed) => seed))(
    'are never two, whatever happens to five of them, and one when all is well again (%d)',
    async (seed) => {
      const random = randomFrom(seed);
      let most = 0;
      for (const name of ['a', 'b', 'c', 'd', 'e']) candidate(name, { skewMs: (random() - 0.5) * 7_200_000 });
      for (const { line } of candidates) line.delayMs = () => random() * (random() < 0.1 ? 12_000 : 700);
      for (let step = 0; step < 60; step++) {
        const unlucky = candidates[Math.floor(random() * candidates.length)]!;
        unlucky.line.isCut = random() < 0.5;
        if (random() < 0.03) store.delete();
        await time.pass(random() * 8_000, () => void (most = Math.max(most, leaders())));
      }
      for (const { line } of candidates) Object.assign(line, { isCut: false, delayMs: () => 50 });
      await time.pass(2 * LEASE_MS + 12_000);

      expect(most).toBe(1);
      expect(leaders()).toBe(1);
    },
  );
});

/** Numbers that are the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
