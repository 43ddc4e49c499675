import type { AlarmTold } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { twoGateways } from '../testing/connected.js';
import { eventually } from '../testing/eventually.js';

const { connect, first, both } = twoGateways();
const told = { step: 1, cycle: 0, path: 'push' };
const alarmOf = (more: object = {}) => ({
  ...{ id: newId(), severity: 'alarm', title: 'Fire', text: '', state: 'open', answers: [], needed: 1, accepted: 0 },
  ...{ strategy: 'best_effort', positions: [], isDrill: false, isSilent: false },
  ...{ raisedAt: '2026-01-01T12:00:00.000Z', updatedAt: '2026-01-01T12:00:00.000Z' },
  ...more,
});

describe('alarms that were told while nobody was there', () => {
  const heard: AlarmTold[] = [];
  beforeEach(() => void heard.splice(0));

  it('are handed on when the connection is there, once, and acknowledged by the way they were told by', async () => {
    const alarm = alarmOf();
    for (const gateway of both()) gateway.openAlarms = [{ ...alarm, told }];
    const { connection } = connect();
    connection.on('alarm', (one) => heard.push(one));
    await eventually(() => heard.length === 1);
    connection.markAlarmShown(heard[0] as AlarmTold);
    await eventually(() => first().framesOf('alarm_mark').length === 2);

    first().say({ type: 'alarm', alarm: alarm as never, step: 1, cycle: 0 });
    await eventually(() => first().framesOf('alarm_mark').length === 3);
    first().cut();
    await eventually(() => both().flatMap((gateway) => gateway.framesOf('alarm_mark')).length === 4);

    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({ alarm: { id: alarm.id }, step: 1, cycle: 0 });
    const marks = first().framesOf('alarm_mark');
    expect(marks.flatMap((frame) => frame.marks).slice(0, 2)).toMatchObject([
      { alarmId: alarm.id, ...told, state: 'received' },
      { alarmId: alarm.id, ...told, state: 'shown' },
    ]);
  });

  it('are left alone where the person has answered, raised it, or enough people come', async () => {
    const last = alarmOf();
    first().openAlarms = [{ ...last, told }, alarmOf(), { ...alarmOf({ state: 'acknowledged' }), told }];
    const { connection } = connect();
    connection.on('alarm', (one) => heard.push(one));

    await eventually(() => heard.length > 0);

    expect(heard.map(({ alarm }) => alarm.id)).toEqual([last.id]);
  });
});
