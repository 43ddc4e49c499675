import type { AlarmReport } from '@relais/contracts';
import { happeningsOf } from './happenings.js';

const [bob, carol] = ['bob', 'carol'] as unknown as [never, never];
const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 12, 0, seconds)).toISOString();
const report = {
  alarm: {
    ...{ id: 'id', severity: 'emergency', title: 'Fire', text: '' },
    ...{ state: 'acknowledged', needed: 1, accepted: 1, raisedAt: at(0), updatedAt: at(40), isDrill: false },
    answers: [{ key: 'coming', label: 'Coming', means: 'accepted' }],
  },
  items: [
    {
      userId: bob,
      told: [
        { step: 0, cycle: 0, path: 'socket', state: 'sent', queuedAt: at(0), sentAt: at(1), attempts: 1 },
        { step: 0, cycle: 0, path: 'sms', state: 'failed', queuedAt: at(20), attempts: 3, problem: 'provider_down' },
      ],
    },
    {
      userId: carol,
      told: [
        {
          ...{ step: 1, cycle: 0, path: 'socket', state: 'shown', queuedAt: at(30), sentAt: at(31), attempts: 1 },
          ...{ receivedAt: at(32), shownAt: at(33) },
        },
      ],
      ...{ answer: 'coming', answeredAt: at(40), etaMinutes: 5, note: 'now' },
    },
  ],
} as unknown as AlarmReport;

describe('what happened to an alarm', () => {
  it('is told in its order', () => {
    expect(happeningsOf(report).map(({ userId, says }) => `${userId} ${says}`)).toEqual([
      'bob is told (socket, step 1)',
      'bob cannot be told (sms, step 1): provider_down',
      'carol is told (socket, step 2)',
      'carol has it on a device (socket)',
      'carol has seen it (socket)',
      'carol answers: Coming, there in 5 min — now',
    ]);
  });
});
