import { watchSettings } from '@relais/contracts';
import { isOutageNow, stateOf } from './conclude.js';

const settings = watchSettings.parse({ quorum: 2, failures: 3, recoveries: 2, tolerated: 1, minimumSeconds: 60 });
const counted = (failed: number, succeeded: number, state: 'unknown' | 'up' | 'down' = 'unknown') => ({
  ...{ failed_in_row: failed, succeeded_in_row: succeeded, state },
});

describe('a probe', () => {
  it.each([
    [counted(0, 0), 'unknown'],
    [counted(2, 0, 'up'), 'up'],
    [counted(3, 0, 'up'), 'down'],
    [counted(0, 1, 'down'), 'down'],
    [counted(0, 2, 'down'), 'up'],
  ] as const)('counted as %j is %s', (probe, state) => {
    expect(stateOf(probe, settings)).toBe(state);
  });
});

describe('an outage', () => {
  const now = (states: string, isOutage: boolean, heldSeconds: number | null = null) => {
    const named = [...states].map((one) => (one === 'd' ? 'down' : one === 'u' ? 'up' : 'unknown'));
    return isOutageNow(named, settings, { isOutage, heldSeconds });
  };

  it('begins when enough probes are down, and ends when all but so many are up', () => {
    expect([now('duu', false), now('ddu', false), now('ddd', false)]).toEqual([false, true, true]);
    expect([now('ddu', true), now('d?u', true), now('duu', true), now('uuu', true)]).toEqual([
      ...[true, true, false, false],
    ]);
  });

  it('is not flapped into or out of: what was concluded stays a while', () => {
    expect([now('ddd', false, 59), now('ddd', false, 60)]).toEqual([false, true]);
    expect([now('uuu', true, 59), now('uuu', true, 60)]).toEqual([true, false]);
  });

  it('does not begin without probes, and ends without them', () => {
    expect([now('', false), now('', true)]).toEqual([false, false]);
  });
});
