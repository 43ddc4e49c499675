import { Admission } from './admission.js';
import { BusWatch, GIVE_UP_AFTER_MS } from './bus-watch.js';
import type { Connection } from './connection.js';
import { Hub } from './hub.js';

describe('a gateway that has lost the others', () => {
  const started = (downForMs: number | undefined) => {
    const closed: string[] = [];
    const deaf = { want: () => () => undefined };
    const hub = new Hub(deaf, () => undefined);
    hub.add({ close: (name: string) => void closed.push(name) } as unknown as Connection);
    const admission = new Admission(10, 10);
    const downSinceMs = () => (downForMs === undefined ? undefined : Date.now() - downForMs);
    new BusWatch({ downSinceMs }, hub, admission).look();
    return { closed, admission };
  };

  it.each([undefined, 0, GIVE_UP_AFTER_MS - 1_000])('keeps its sockets at first (%s ms)', (downForMs) => {
    const { closed, admission } = started(downForMs);

    expect(closed).toEqual([]);
    expect(() => admission.admit(0)).not.toThrow();
  });

  it('sends them elsewhere after 40 s and lets nobody in', () => {
    const { closed, admission } = started(GIVE_UP_AFTER_MS + 1_000);

    expect(closed).toEqual(['bus_lost']);
    expect(() => admission.admit(0)).toThrow('bus_disconnected');
  });

  it('lets people in again when the others are back, but not while going away', () => {
    const { admission } = started(GIVE_UP_AFTER_MS + 1_000);
    admission.closeFor(undefined);
    expect(() => admission.admit(0)).not.toThrow();

    admission.closeFor('draining');
    admission.closeFor(undefined);
    expect(() => admission.admit(0)).toThrow('draining');
  });
});

describe('admission', () => {
  it('lets a burst in, then so many a second, and spreads the rest', () => {
    const admission = new Admission(5, 1_000);
    for (let i = 0; i < 10; i++) admission.admit(i);

    const waits = Array.from({ length: 50 }, () => {
      try {
        admission.admit(10);
        return 0;
      } catch (error) {
        return (error as { retryAfterMs: number }).retryAfterMs;
      }
    });

    expect(waits.filter((waitMs) => waitMs === 0).length).toBeLessThan(3);
    expect(Math.max(...waits) - Math.min(...waits.filter((waitMs) => waitMs > 0))).toBeGreaterThan(1_000);
  });

  it('says once that it is full, for others to take who comes', () => {
    let said = 0;
    const admission = new Admission(5, 1, { isForAnother: () => false, filled: () => said++ });
    expect(admission.isFull()).toBe(false);

    for (let i = 0; i < 3; i++) expect(() => admission.admit(1)).toThrow('overloaded');

    expect([admission.isFull(), said]).toEqual([true, 1]);
  });

  it('knows its capacity', () => {
    expect(() => new Admission(5, 3).admit(3)).toThrow('overloaded');
  });
});
