import { jest } from '@jest/globals';
import { Bus } from '@relais/bus';
import type { GatewayAnnounced } from '@relais/contracts';
import { SystemClock } from '@relais/kernel';
import { Fleet } from './fleet.js';

type Listener = (said: GatewayAnnounced) => void;

/** Signals reach all who hear them, unless it is cut. */
class SignalBus extends Bus {
  private readonly listeners = new Set<Listener>();
  readonly said: GatewayAnnounced[] = [];
  isCut = false;
  request(): never {
    throw new Error('nothing is requested here');
  }
  signal(_contract: unknown, data: unknown): void {
    if (this.isCut) return;
    this.said.push(data as GatewayAnnounced);
    for (const listener of this.listeners) listener(data as GatewayAnnounced);
  }
  hear(_contract: unknown, listener: unknown): () => void {
    this.listeners.add(listener as Listener);
    return () => this.listeners.delete(listener as Listener);
  }
}

describe('gateways that know of each other', () => {
  let bus: SignalBus;
  let fleets: Fleet[];

  beforeEach(() => {
    jest.useFakeTimers();
    [bus, fleets] = [new SignalBus(), []];
  });
  afterEach(() => {
    for (const fleet of fleets) fleet.stop();
    jest.useRealTimers();
  });

  const wait = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  const enter = async (replica: string, rollout?: string, isReady = () => true): Promise<Fleet> => {
    const fleet = new Fleet({
      ...{ bus, clock: new SystemClock(), replica, rollout },
      sockets: () => 100,
      isFull: () => false,
    });
    fleets.push(fleet);
    fleet.enter(() => Promise.resolve(isReady()));
    await wait(10);
    return fleet;
  };

  /** The one that goes, the one that would go next, and the one that comes. */
  const rolling = async () => {
    const [goes, next] = [await enter('a', 'before'), await enter('b', 'before')];
    const comes = await enter('c', 'after');
    goes.leave();
    return { goes, next, comes };
  };

  it('leave sockets to those of the rollout that comes, at once when somebody goes', async () => {
    const { next, comes } = await rolling();

    expect([next.isForAnother(), comes.isForAnother()]).toEqual([true, false]);
  });

  it('go on doing so for half a minute after the last who went is gone', async () => {
    const { goes, next } = await rolling();
    goes.stop();

    await wait(29_000);
    const meanwhile = next.isForAnother();
    await wait(2_000);

    expect([meanwhile, next.isForAnother()]).toEqual([true, false]);
  });

  it('count nobody who was silent for three seconds', async () => {
    const { next, comes } = await rolling();
    comes.stop();

    await wait(2_500);
    const meanwhile = next.isForAnother();
    await wait(1_000);

    expect([meanwhile, next.isForAnother()]).toEqual([true, false]);
  });

  it('take whoever comes when they hear nothing any more', async () => {
    const { next } = await rolling();
    bus.isCut = true;

    await wait(4_000);

    expect(next.isForAnother()).toBe(false);
  });

  it('say nothing before they are ready, and then within a quarter of a second', async () => {
    let isReady = false;
    await enter('a', 'before', () => isReady);
    await wait(5_000);
    const before = bus.said.length;
    isReady = true;
    await wait(250);

    expect([before, bus.said.length]).toEqual([0, 1]);
  });

  it('say nothing, and leave nothing to others, where they do not know their rollout', async () => {
    const unknowing = await enter('x');
    await rolling();
    await wait(1_000);

    expect(unknowing.isForAnother()).toBe(false);
    expect(new Set(bus.said.map(({ replica }) => replica))).toEqual(new Set(['a', 'b', 'c']));
  });
});
