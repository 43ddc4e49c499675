import fc from 'fast-check';
import type { LoadClass } from '../metrics.js';
import { admit, SEND_BUDGET } from './shedding.js';

const ORDER: LoadClass[] = ['typing', 'presence', 'receipt', 'message', 'alarm'];
const STEPS = { send: 0, shed: 1, resync: 1 } as const;

describe('what a slow socket costs', () => {
  const load = fc.record({
    bytes: fc.nat({ max: 2 * SEND_BUDGET.bytes }),
    frames: fc.nat({ max: 2 * SEND_BUDGET.frames }),
  });

  it('is typing first, then presence, then receipts, then the socket', () => {
    fc.assert(
      fc.property(load, fc.nat({ max: 40_000 }), (waiting, frameBytes) => {
        const dropped = ORDER.map((loadClass) => STEPS[admit(loadClass, waiting, frameBytes)]);
        expect(dropped).toEqual([...dropped].sort((a, b) => b - a));
      }),
    );
  });

  it('is never an entry by itself', () => {
    fc.assert(
      fc.property(load, fc.nat(), (waiting, bytes) => expect(admit('message', waiting, bytes)).not.toBe('shed')),
    );
  });

  it('is nothing while nothing waits, however large the frame', () => {
    for (const loadClass of ORDER)
      expect(admit(loadClass, { bytes: 0, frames: 0 }, 10 * SEND_BUDGET.bytes)).toBe('send');
  });

  it('is the socket at 1 MiB or 512 frames', () => {
    expect(admit('message', { bytes: 0, frames: 511 }, 1)).toBe('send');
    expect(admit('message', { bytes: 0, frames: 512 }, 1)).toBe('resync');
    expect(admit('message', { bytes: SEND_BUDGET.bytes - 1, frames: 1 }, 1)).toBe('send');
    expect(admit('message', { bytes: SEND_BUDGET.bytes, frames: 1 }, 1)).toBe('resync');
  });

  it('lets alarms through where messages have ended, up to as much again', () => {
    expect(admit('alarm', { bytes: 0, frames: 1_023 }, 1)).toBe('send');
    expect(admit('alarm', { bytes: 0, frames: 1_024 }, 1)).toBe('resync');
  });
});
