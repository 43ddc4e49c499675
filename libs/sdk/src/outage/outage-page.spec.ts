import type { OutageReport } from '@relais/contracts';
import { renderOutage } from './outage-page.js';

const report = (more: Partial<OutageReport> = {}): OutageReport => ({
  outage: {
    ...{ id: 'o' as never, alarmId: 'o' as never, state: 'over', begunBy: 'watch', endedBy: 'key' },
    ...{ beganAt: '2026-11-27T03:00:00.000Z', endedAt: '2026-11-27T05:30:01.000Z' },
  },
  ...{ reason: 'Mail is down', endReason: 'Over', endedByUserId: 'u1' as never, durationSeconds: 9_001 },
  timeline: [{ at: '2026-11-27T02:59:00.000Z', probe: 'Mail', became: 'down', problem: 'timeout' }],
  people: { told: 120, reached: 118, answered: 3, answers: { here: 3 } },
  rooms: [{ id: 'r' as never, title: 'Staff', conversationId: 'c' as never, joined: 12, keptApart: 1, leftOut: 0 }],
  breakGlass: [{ at: '2026-11-27T03:10:00.000Z', userId: 'u1' as never, deviceId: 'd' as never }],
  ...more,
});
const page = (more?: Partial<OutageReport>) => renderOutage(report(more), (id) => (id === 'u1' ? 'Ada' : 'nobody'));

describe('the page about an outage', () => {
  it.each([
    'Outage of 2026-11-27 03:00:00 UTC',
    'switched by the watch on the first channel',
    'switched by a key issued by Ada: Over',
    '2 h 30 min 1 s',
    '120 people, 118 of them by at least one device',
    '3 (here: 3)',
    '<td>2026-11-27 02:59:00</td><td>Mail</td><td>down</td><td>timeout</td>',
    '<td>Staff</td><td>12</td><td>1</td><td>0</td>',
    '<td>2026-11-27 03:10:00</td><td>Ada</td><td>d</td>',
  ])('says %s', (part) => {
    expect(page()).toContain(part);
  });

  it('runs nothing that somebody wrote', () => {
    const evil = '<script>alert(1)</script>';
    const shown = page({ reason: evil, timeline: [{ at: '2026-11-27T02:59:00.000Z', probe: evil, became: 'down' }] });

    expect(shown).not.toContain('<script');
    expect(shown).toContain('&lt;script&gt;');
  });

  it('says where there is nothing', () => {
    expect(page({ rooms: [], breakGlass: [], timeline: [] }).split('<p>None.</p>').length).toBe(4);
  });
});
